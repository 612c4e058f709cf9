// Package schema (数据模型) reads the JSON Schemas of entity types and holds entities to them, in words that a user can act on. Which
// models there are, and which entities they hold for, is kept by kernel/entity.
package schema
