// Package temporal is the history of entities as NGSI-LD reads it (时态演化).
package temporal
