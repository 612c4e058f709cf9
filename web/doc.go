// Package web is the console (控制台): shell, sign-in, static files, event streams, search, the administrators' pages, and the one
// edge where a failure becomes a page or a problem document.
//
// New takes the routes that systems and the program declare and mounts pages and forms below /zh and /en, APIs below /api/,
// streams below /events/, files below /assets/. Around each it does what every request needs: who asks (session cookie, or
// bearer token for the API), whether they may (the route's grant), form tokens, bounds of size and time, security headers, a
// request id, a panic guard, compression. A handler reads input, calls one verb, and returns a typed page, a value or an error.
//
// It keeps no data: people, sessions and tokens are kernel/identity's, the record of acts kernel/journal's. What a page looks
// like is web/ui's, which alone writes HTML.
package web
