// Package past (变更记录) reads and amends the rows of an entity's history (entity_change, entity_gauge) as they are kept, also of entities
// that are gone or never were part of the current state.
//
// A row holds what its change touched: the instances after it, and the names of all that were touched. A name without an instance is gone
// altogether; an instance that is null is gone while others of its name stay. Rows that were written before this was so hold the whole
// document: what their names do not name was not touched. The rows are written by kernel/entity, in the transaction of the change.
package past
