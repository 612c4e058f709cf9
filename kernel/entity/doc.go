// Package entity (实体) is the city context: every thing of the city as one entity with its types, attributes, owner unit,
// version and history.
//
// Names and shapes are those of NGSI-LD (ETSI GS CIM 009 V1.9.1): several types (4.16), scopes (4.18), attribute instances
// that differ in datasetId (4.5.5), properties of properties, observedAt and unitCode (4.8), all kinds of attributes. The
// HTTP face of NGSI-LD is another package's; nothing here speaks HTTP or knows a @context.
//
// # Where the data lies
//
// An entity is one row of the table entity with a compact document: names are interned in entity_name, numbers are stored
// as integers with a scale, so that a meter takes some hundred bytes. Each change adds a row to entity_change with the
// document after it, in the same transaction. Readings that come every few minutes do not belong here but into
// kernel/series, under the entity's Num.
//
// # Queries
//
// A query is a tree of conditions. An evaluator in Go decides whether an entity matches; SQL only narrows the candidates (by
// type, owner, id, indexed attribute, grid cell), so both engines give the same answer. Paging is by Num with an opaque
// cursor: while others write, no page repeats an entity, and none that existed throughout is missed. Counts of a type, of an
// owner and of both are maintained; the count of any other query walks its candidates.
//
// # Terms
//
// A model (模型) is a JSON Schema of one entity type, owned by one system. The num of an entity is its row number and the key
// of its series; a tombstone is what the history keeps of a deleted entity, and a new entity of the same id gets the old num.
// Where several instances share one PostgreSQL, each one's feed shows the changes that it made itself.
package entity
