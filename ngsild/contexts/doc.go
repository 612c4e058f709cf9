// Package contexts (上下文管理) finds, keeps and serves @contexts: operations O51 to O54, and the compiled contexts that every other
// operation reads and writes names by (ETSI GS CIM 009 V1.9.1, 5.5.6, 5.13, 6.3.16, 6.29, 6.30).
//
// Documents lie in the table contexts_doc, compiled contexts in memory. The core contexts are inside the program: they are never
// fetched, and nothing else is before somebody asks for it, so the program starts and serves without a network.
//
// A context is fetched once however many ask for it at the same time, within bounds of time and size. A copy that has expired goes
// on being used while a new one is fetched, and as long as none can be had; a host that cannot be reached, or says that it has no
// such document, is LdContextNotAvailable (504), a document that is no @context is BadRequestData (400), and neither is kept for
// longer than a moment. Where clients may make the program fetch from is a matter of Options: by default from everywhere, for the
// networks of a city are private ones; only http and https, also after a redirect.
package contexts
