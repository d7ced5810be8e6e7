//! The binary as a person uses it.

mod bad_input;
mod canary;
mod commands;
mod config;
mod crash;
mod demo;
mod disk;
mod observed;
mod postgres;
mod rough_use;
mod steering;
mod support;
mod vendors;
