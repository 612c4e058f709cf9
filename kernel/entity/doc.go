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
// as integers with a scale, so that a meter takes some hundred bytes. Each change adds a row to entity_change with what it
// touched, in the same transaction (package past). A number that is updated a second time becomes a gauge: from then on its
// value and its history lie in a series (package gauge) under a key that the document holds in its place, and an update costs
// neither a document nor a row. Readings that a system keeps in series of its own are bound to its entities, and joined when
// they are read (Bind). Named tenants (4.14) stand in the same tables under names of their own (package names).
//
// # Writing
//
// There is one write lane. A batch gathers what a transaction does to entities, and writes it at its end with a few statements
// of many rows; Do puts concurrent callers into one batch (package combine), DoAll a list, and the verbs for systems (Create,
// Merge, Replace, Delete) work on that of their own transaction. What is committed is held decoded, up to a number of bytes
// (package memory), for readers and for the next edit. Types and attributes are counted as they change (package census).
//
// # Reading
//
// An evaluator in Go decides whether an entity matches; SQL only narrows the candidates (by type, owner, id, indexed
// attribute, grid cell; package walk), so both engines give the same answer. Paging is by Num with an opaque cursor: while
// others write, no page repeats an entity, and none that existed throughout is missed. Counts of a type, of an owner and of
// both are maintained; the count of any other query walks its candidates. What has expired (4.22) is hidden at once and
// collected later.
//
// # Terms
//
// A model (模型) is a JSON Schema of one entity type, owned by one system. The num of an entity is its row number and the key
// of its series; a tombstone is what the history keeps of a deleted entity, and a new entity of the same id gets the old num.
// Where several instances share one PostgreSQL, each one's feed shows the changes that it made itself, nothing is held in
// memory, and no attribute becomes a gauge.
package entity
