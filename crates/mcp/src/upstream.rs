//! The side of the servers: one [`Upstream`] a server, of either era, over any transport.
