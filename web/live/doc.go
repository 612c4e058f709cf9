// Package live is the hub of the event streams (实时推送): it takes updates from systems and hands them to the open pages.
//
// An update is drawn once a language, joined with later ones of the same block to two a second, numbered, and given to every
// reader of its topic. A page that comes back says what it saw last and is told what it missed; where that cannot be told, or a
// page cannot follow, it is told to reload: nothing is dropped silently. Publish never blocks.
//
// Everything lies in memory and is bounded. Who may read a topic, and the bytes of the stream, are web's; how an update looks is
// web/ui's.
package live
