// Package cond (条件) is the conditions that the systems' own queries are made of: an attribute, a comparison, a value. It decides on an
// entity and touches no storage. The conditions of NGSI-LD are those of package filter.
package cond
