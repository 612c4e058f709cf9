// Package filter decides whether an entity is selected by an NGSI-LD query (筛选求值), and sorts entities.
package filter
