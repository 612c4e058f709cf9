package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// pgx converts a value to its parameter's type where it can: a fraction loses its digits in a BIGINT, bytes become TEXT.
// SQLite's STRICT tables refuse both, so the codecs of the two types are made to refuse them too. (Text for a BYTEA goes past
// the codecs; SQLite alone refuses that.)
func strict(_ context.Context, c *pgx.Conn) error {
	m := c.TypeMap()
	for _, t := range []struct {
		name  string
		oid   uint32
		codec pgtype.Codec
		takes func(any) bool
	}{
		{"int8", pgtype.Int8OID, pgtype.Int8Codec{}, func(v any) bool { _, bad := v.(float64); return !bad }},
		{"text", pgtype.TextOID, pgtype.TextCodec{}, func(v any) bool { _, bad := v.([]byte); return !bad }},
	} {
		m.RegisterType(&pgtype.Type{Name: t.name, OID: t.oid, Codec: strictCodec{t.codec, t.takes}})
	}
	return nil
}

type strictCodec struct {
	pgtype.Codec
	takes func(any) bool
}

// PlanEncode refuses the values that would be converted.
func (s strictCodec) PlanEncode(m *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	if !s.takes(value) {
		return refuse{}
	}
	return s.Codec.PlanEncode(m, oid, format, value)
}

type refuse struct{}

// Encode always fails.
func (refuse) Encode(any, []byte) ([]byte, error) {
	return nil, errors.New("a value of another type than its column's")
}
