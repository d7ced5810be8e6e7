//! Integration tests of the room: real clients, real servers, and hostile ones.

mod fixture_server;
mod serve;
mod upstream;
