//! HTTP out of this process: every address that a name resolves to is checked, redirects are off, all has limits.
