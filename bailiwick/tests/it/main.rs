//! The binary as a person uses it.

mod bad_input;
mod canary;
mod commands;
mod config;
mod crash;
mod demo;
mod rough_use;
mod support;
mod vendors;
