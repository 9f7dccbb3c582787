//! The page tells the story: words are known before attention finds them, and the page shows it as it happens.

use serde_json::{Value, json};

use crate::support::browser::Browser;
use crate::support::shown;

const STATE: &str = "document.querySelector('#view').dataset.state";

/// The step of an event in the list of what happened.
fn event(key: &str) -> String {
    format!("Number(document.querySelector('[data-event={key}] b')?.textContent.match(/Step (\\d+)/)[1])")
}

fn look(step: &str) -> String {
    format!(
        "const look = document.querySelector('[name=look]'); look.value = {step}; look.dispatchEvent(new Event('input'))"
    )
}

/// What a script returns once it returns the same again: with reduced motion, the page draws four times a second.
async fn settled(browser: &Browser, script: &str) -> Value {
    let mut last = browser.run(script).await;
    loop {
        tokio::time::sleep(std::time::Duration::from_millis(400)).await;
        let now = browser.run(script).await;
        if now == last {
            return now;
        }
        last = now;
    }
}

async fn number(browser: &Browser, script: &str) -> f64 {
    browser.run(&format!("return {script}")).await.as_f64().unwrap_or(f64::NAN)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_visit_shows_words_known_before_attention_finds_them() {
    // No view is named: a first visit begins with the story.
    let Some((browser, lab, _folder)) = shown("").await else { return };
    assert_eq!(browser.run("return location.hash").await, json!("#/lab"));
    assert_eq!(browser.run("return document.title").await, json!("Lab · Onset"));
    browser
        .run("const speed = document.querySelector('.live-bar select'); speed.value = 'fast'; speed.dispatchEvent(new Event('change'))")
        .await;
    assert_eq!(browser.run("return document.querySelectorAll('.live-captions li').length").await, json!(0));
    // Training, attention and interventions are seen at once.
    let last = browser
        .run("return Math.max(...['[data-matrix=attention] canvas', '[data-chart=accuracy] svg', '.live-interventions'].map((each) => document.querySelector(each).getBoundingClientRect().bottom))")
        .await;
    assert!(last.as_f64().unwrap() < 900.0, "{last}");
    browser.click("button", "Train").await;
    browser.wait(&format!("{STATE} === 'finished'")).await;
    browser.wait(&format!("{} > 0", event("copied"))).await;
    let (known, found) =
        (number(&browser, &event("words_known")).await, number(&browser, &event("attention_finds")).await);
    assert!(known + 20.0 < found, "{known} {found}");
    // The same steps are marked in the chart.
    let marks = browser
        .run("return [...document.querySelectorAll('[data-chart=accuracy] [data-mark]')].map((mark) => [mark.dataset.mark, Number(mark.dataset.step)])")
        .await;
    assert_eq!(marks, json!([["words known", known as u64], ["attention finds them", found as u64]]));
    // Knowledge of words is drawn beside attention and accuracy, and beside what was predicted of it.
    let lines = |chart: &str| {
        format!(
            "return [...document.querySelectorAll('[data-chart={chart}] path[data-line]')].map((line) => line.dataset.line)"
        )
    };
    let names = browser.run(&lines("accuracy")).await.to_string();
    for name in ["words known", "attention finds", "accuracy"] {
        assert!(names.contains(name), "{names}");
    }
    let names = browser.run(&lines("weights")).await.to_string();
    for name in
        ["from its own state alone, predicted", "weight on the right word, predicted", "accuracy, predicted"]
    {
        assert!(names.contains(name), "{names}");
    }
    // Where the theory is far off, the page says what it leaves out.
    let remark = browser.run("return document.querySelector('.live-remark').textContent").await;
    assert!(remark.as_str().unwrap().contains("It leaves out the recurrent states"), "{remark}");
    browser.wait("!document.querySelector('.live-next').hidden").await;
    browser.picture("story-easy").await;
    browser.click(".live-next button", "Uniform attention").await;
    browser.wait("location.hash.includes('preset=uniform')").await;
    browser.assert_quiet().await;
    browser.close().await;
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn elimination_is_explained_where_it_happens_and_a_phone_reaches_attention() {
    let Some((browser, lab, _folder)) = shown("#/lab?preset=hard&speed=fast&steps=300").await else { return };
    browser.click("button", "Train").await;
    browser.wait(&format!("{STATE} === 'finished'")).await;
    browser.wait(&format!("{} > 0", event("eliminates"))).await;
    let caption = browser.run("return document.querySelector('[data-event=eliminates]').textContent").await;
    assert!(caption.as_str().unwrap().contains("copies by elimination"), "{caption}");
    assert_eq!(browser.run("return document.querySelector('[data-event=words_known]')").await, Value::Null);
    // On a phone, attention is within a screen of the curves, and the training can be paused from there.
    browser.set_size(390, 844).await;
    browser.drawn().await;
    browser.assert_fits().await;
    let tops = browser
        .run("return ['[data-chart=accuracy] svg', '[data-matrix=attention] canvas'].map((each) => document.querySelector(each).getBoundingClientRect().top + scrollY)")
        .await;
    let between = tops[1].as_f64().unwrap() - tops[0].as_f64().unwrap();
    assert!(between < 1.5 * 844.0, "{tops}");
    browser
        .run("document.querySelector('[data-matrix=attention] canvas').scrollIntoView({ block: 'center' })")
        .await;
    browser.drawn().await;
    let bar = browser.run("return document.querySelector('.live-train').getBoundingClientRect().top").await;
    assert!((0.0..200.0).contains(&bar.as_f64().unwrap()), "{bar}");
    browser.picture("story-phone").await;
    browser.assert_quiet().await;
    browser.close().await;
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_training_is_scrubbed_while_it_goes_on_and_returns_to_the_present() {
    let Some((browser, lab, _folder)) = shown("#/lab?steps=800").await else { return };
    browser.click("button", "Train").await;
    let step = "Number(document.querySelector('.live-counter').textContent.match(/step (\\d+)/)[1])";
    browser.wait(&format!("{step} > 12")).await;
    let pixels = "return document.querySelector('[data-matrix=attention] canvas').toDataURL()";
    let present = "document.querySelector('.live-figures dd').textContent";
    browser.run(&look("2")).await;
    // A page that is slow does not get every step, and shows the next one that it got.
    browser.wait("document.querySelector('.live-counter').textContent.includes('showing')").await;
    let then = settled(&browser, pixels).await;
    let figures = browser.run(&format!("return {present}")).await;
    browser.wait(&format!("{step} > 30")).await;
    // Training went on; what is looked at has stayed.
    assert_eq!(browser.run(pixels).await, then);
    assert_eq!(browser.run(&format!("return {present}")).await, figures);
    browser.wait("document.querySelector('[data-chart=accuracy] .cursor').getAttribute('visibility') === 'visible'").await;
    browser.click("button", "Now").await;
    browser.wait("!document.querySelector('.live-counter').textContent.includes('showing')").await;
    browser.wait(&format!("(() => {{ {pixels} }})() !== {then}")).await;
    browser.assert_quiet().await;
    browser.close().await;
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn interventions_are_planned_are_in_the_link_and_are_made() {
    let Some((browser, lab, _folder)) =
        shown("#/lab?preset=uniform&speed=fast&steps=60&width=16&batch=8").await
    else {
        return;
    };
    browser
        .run(
            "const when = document.querySelector('[name=when]'); when.value = 'step'; when.dispatchEvent(new Event('change'));
             document.querySelector('[name=plan_step]').value = 20;",
        )
        .await;
    browser.click(".live-interventions button", "Learned").await;
    browser.wait("location.hash.includes('plan=20_attention_learned')").await;
    browser.wait("document.querySelector('.live-planned').textContent.includes('planned at step 20: attention learned')").await;
    let address = browser.run("return location.href").await;
    browser.open("about:blank").await;
    browser.open(address.as_str().unwrap()).await;
    browser.wait("document.querySelector('.live-planned')?.textContent.includes('planned at step 20')").await;
    browser.click("button", "Train").await;
    browser.wait(&format!("{STATE} === 'finished'")).await;
    browser.wait("document.querySelector('.live-changes:not(.live-planned)').textContent.includes('step 20: attention learned')").await;
    // It is taken out by hand.
    browser.click(".live-planned button", "×").await;
    browser.wait("!location.hash.includes('plan=')").await;
    browser.assert_quiet().await;
    browser.close().await;
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_trainings_from_one_seed_are_compared_with_the_difference_predicted() {
    let Some((browser, lab, _folder)) = shown("#/lab?speed=fast&steps=160").await else { return };
    browser.click("button", "Train").await;
    browser.wait(&format!("{STATE} === 'finished'")).await;
    browser.click("button", "Keep as A").await;
    browser
        .run("const rate = document.querySelector('select[name=learning_rate]'); rate.value = '0.004'; rate.dispatchEvent(new Event('change'))")
        .await;
    browser.wait(&format!("{STATE} === 'idle'")).await;
    browser.click("button", "Train").await;
    browser.wait(&format!("{STATE} === 'finished'")).await;
    browser.wait("document.querySelectorAll('[data-chart=difference] path[data-line]').length === 6").await;
    let table = browser
        .run("return [...document.querySelectorAll('.live-pair tbody tr')].map((row) => [...row.children].map((cell) => cell.textContent))")
        .await;
    assert_eq!(table, json!([["learning rate", "0.002", "0.004"]]));
    browser.wait("document.querySelector('.live-pair').textContent.includes('one difference')").await;
    for matrix in ["attention-a", "attention-b"] {
        browser.wait(&format!("document.querySelector('[data-matrix={matrix}] canvas').dataset.cells")).await;
    }
    // A is in the other charts too, and goes when it is not kept any longer.
    browser.wait("document.querySelector('[data-chart=accuracy] [data-line=\"accuracy, A\"]')").await;
    browser.set_size(1400, 1800).await;
    browser.drawn().await;
    browser.picture("story-pair").await;
    browser.click("button", "Keep as A").await;
    browser.wait("document.querySelector('.live-pair').hidden").await;
    // Unless one is kept by hand, it is the training before.
    browser
        .run("const rate = document.querySelector('select[name=learning_rate]'); rate.value = '0.006'; rate.dispatchEvent(new Event('change'))")
        .await;
    browser.click("button", "Train").await;
    browser.wait(&format!("{STATE} === 'finished'")).await;
    browser
        .wait("document.querySelector('.live-pair tbody tr').textContent === 'learning rate0.0040.006'")
        .await;
    browser.assert_quiet().await;
    browser.close().await;
    lab.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_class_is_shown_large_type_and_keys_tell_the_story() {
    let Some((browser, lab, _folder)) = shown("#/lab?speed=fast&steps=160").await else { return };
    let size = "parseFloat(getComputedStyle(document.querySelector('.live-story')).fontSize)";
    let usual = number(&browser, size).await;
    browser.click("button", "Present").await;
    browser.wait(&format!("{size} > 1.2 * {usual} && location.hash.includes('present=yes')")).await;
    browser.wait("document.querySelector('.live-setup').checkVisibility() === false").await;
    browser.drawn().await;
    browser.assert_fits().await;
    // The keys are behind the question mark.
    browser.run("document.querySelector('.live-present button.help').click()").await;
    browser.wait("document.querySelector('.help-text:popover-open').textContent.includes('Space trains or pauses')").await;
    browser.run("document.querySelector('.live-present button.help').click(); document.querySelector('#view').focus()").await;
    // Another preset and back, then training, by keys.
    browser.press("2").await;
    browser.wait("location.hash.includes('preset=uniform')").await;
    browser.press("1").await;
    browser
        .wait("document.querySelector('[data-preset=easy]').getAttribute('aria-pressed') === 'true'")
        .await;
    browser.press(" ").await;
    browser.wait(&format!("{STATE} === 'running'")).await;
    browser.press(" ").await;
    browser.wait(&format!("{STATE} === 'paused'")).await;
    browser.press(" ").await;
    browser.wait(&format!("{STATE} === 'finished'")).await;
    browser.wait(&format!("{} > 0", event("copied"))).await;
    // One caption at a time; arrow keys go back to the first, and forth.
    let shown = "[...document.querySelectorAll('.live-captions li')].filter((each) => each.checkVisibility()).map((each) => each.dataset.event)";
    browser.wait(&format!("{shown}.join() === 'copied'")).await;
    browser.drawn().await;
    browser.picture("presenting").await;
    browser.assert_legible().await;
    browser.assert_accessible("presenting").await;
    browser.press("ArrowLeft").await;
    browser.wait(&format!("{shown}.join() !== 'copied' || document.querySelector('.live-counter').textContent.includes('showing')")).await;
    for _ in 0..6 {
        browser.press("ArrowLeft").await;
    }
    browser.wait(&format!("{shown}.join() === 'words_known'")).await;
    browser
        .wait("document.querySelector('#announcement').textContent.includes('Half of the words are known')")
        .await;
    browser.press("ArrowRight").await;
    browser.wait(&format!("{shown}.join() === 'counts_passed'")).await;
    browser.set_size(390, 844).await;
    browser.drawn().await;
    browser.assert_fits().await;
    browser.picture("presenting-phone").await;
    browser.press("Escape").await;
    browser.wait(&format!("{size} === {usual} && !location.hash.includes('present')")).await;
    // A link begins so.
    browser.open("about:blank").await;
    browser.set_size(1400, 900).await;
    browser.open(&format!("{}#/lab?present", lab.url)).await;
    browser.wait(&format!("{size} > 1.2 * {usual}")).await;
    browser.assert_quiet().await;
    browser.close().await;
    lab.end().await;
}
