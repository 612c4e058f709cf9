// Package query reads the seven small grammars of NGSI-LD requests (查询语法): q, type selection, scopeQ, pick and omit, orderBy, geo and temporal queries.
package query
