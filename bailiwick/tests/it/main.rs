//! The binary as a person uses it.

mod audit;
mod bad_input;
mod canary;
mod commands;
mod config;
mod connect;
mod crash;
mod demo;
mod disk;
mod fenced_servers;
mod gateway;
mod gateway_rough;
mod observed;
mod policies;
mod postgres;
mod rough_use;
mod secrets;
mod steering;
mod support;
mod vendors;
