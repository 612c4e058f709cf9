// Package history binds the temporal evolution of entities to HTTP (时态接口): the operations O31 to O39 of the standard's clauses 6.18 to
// 6.22 and 6.24.
//
// It keeps nothing. Package temporal has the histories; package exchange what all operations have in common. Pages run through entities
// (Link, limit, offset, pageAfter) and through time (206 with Content-Range, at most PageSize instances an answer). Registered context
// sources, entity maps and snapshots are not asked.
package history
