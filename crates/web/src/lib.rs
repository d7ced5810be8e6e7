//! The face: HTTP API under `/api/v1`, live events, local sign-in, OpenAPI, and the embedded dashboard.
