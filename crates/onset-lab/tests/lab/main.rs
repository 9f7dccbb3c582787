//! The lab, over HTTP and in a browser. One program has all tests: each of several would have to be linked with all of Onset.

mod support;

mod access;
mod browser;
mod damaged;
mod hostile_pages;
mod live;
mod live_page;
mod own_training;
mod own_words;
mod page_access;
mod page_hand;
mod page_links;
mod page_pictures;
mod page_runs;
mod page_saved;
mod page_story;
mod report;
mod server;
mod sessions_page;
