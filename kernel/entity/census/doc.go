// Package census (普查) counts entities by tenant, type, attribute and kind, as they change: the types and attributes that discovery tells
// about (NGSI-LD 5.7.5 to 5.7.10) are read from maintained counts and never from the entities.
package census
