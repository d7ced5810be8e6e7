//! What OPA has outside of us: bundle servers, decision logs, an OPA server as the engine.
