// Requests to the lab.

// The JSON at an address; throws an Error with the lab's message.
export async function ask(address, options) {
  let response;
  try {
    response = await fetch(address, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The lab does not answer; it may have been stopped. Start it again with `onset lab`.");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error || `The lab answered ${response.status}.`);
  return answer;
}

// POST with a JSON body.
export function post(address, body, options) {
  return ask(address, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body ?? {}), ...options,
  });
}
