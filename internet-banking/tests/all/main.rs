//! The bank through its router, on both databases.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod activity;
mod approvals;
mod approved;
mod certificates;
mod consents;
mod console;
mod directory;
mod english;
mod entry_method;
mod favourites;
mod fees;
mod history;
mod home;
mod hours;
mod inquiry;
mod link;
mod link_attacks;
mod mail;
mod matrix;
mod network;
mod oath;
mod one_time_passwords;
mod own;
mod payeasy;
mod payeasy_entry;
mod payees;
mod relay;
mod repeats_and_limits;
mod requests;
mod second;
mod security;
mod set_up;
mod sign_in;
mod slips;
mod special_numbers;
mod support;
mod tokens;
mod transfer_entry;
mod transfer_names;
mod transfer_templates;
mod transfers;
mod transfers_approved;
mod users;
mod wrong_numbers;
