// Package form reads and writes the representations of NGSI-LD entities (表示形式) in a @context: normalized, concise, simplified, GeoJSON, temporal.
package form
