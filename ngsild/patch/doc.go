// Package patch (实体修改规则) says what a request makes of an entity: create, replace, append, update, partial update, merge, delete
// parts (ETSI GS CIM 009 V1.9.1, 5.5.8, 5.5.12, 5.6.1 to 5.6.6, 5.6.17 to 5.6.21).
//
// Its functions are pure, in stored names, and fit into the edits that kernel/entity runs on its writer's lane: they never write to
// the entity that they are given, and an attribute instance that they touch comes back without modifiedAt, which the store fills.
// Reading bodies is form's part, HTTP that of the packages of operations.
package patch
