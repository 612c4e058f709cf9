package model

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
)

// ErrKept says that kept bytes are no model.
var ErrKept = errors.New("these bytes are no kept model")

// Bytes writes a model to keep it: the length of a JSON head in four bytes, the head, and the directions as 32-bit floats; all little-endian.
func (m *Model) Bytes() []byte {
	short := *m
	short.Basis = nil
	head, _ := json.Marshal(short) // numbers that are finite cannot fail
	out := binary.LittleEndian.AppendUint32(nil, uint32(len(head)))
	out = append(out, head...)
	for _, b := range m.Basis {
		for _, v := range b {
			out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
		}
	}
	return out
}

// Parse reads what Bytes wrote, and nothing that a State could stumble over.
func Parse(b []byte) (*Model, error) {
	if len(b) < 4 {
		return nil, ErrKept
	}
	n := binary.LittleEndian.Uint32(b)
	b = b[4:]
	if uint64(n) > uint64(len(b)) {
		return nil, ErrKept
	}
	m := &Model{}
	if json.Unmarshal(b[:n], m) != nil || m.Basis != nil {
		return nil, ErrKept
	}
	b = b[n:]
	c, k := m.Config, len(m.Used)
	if k < 1 || k > 4096 || m.Inputs > 1<<16 || c.Lags < 0 || c.Lags > 64 || len(m.Mean) != k || len(m.Scale) != k || m.Comps < 0 || m.Comps > len(m.Var) || c.On < 1 || c.Off < 1 {
		return nil, ErrKept
	}
	for i, j := range m.Used {
		if j < 0 || j >= m.Inputs || !(m.Scale[i] > 0) {
			return nil, ErrKept
		}
	}
	width := k * (c.Lags + 1)
	if len(m.Var) > width || len(b) != 4*width*len(m.Var) {
		return nil, ErrKept
	}
	for i, v := range m.Var {
		if !(v > 0) {
			return nil, ErrKept
		}
		row := make([]float32, width)
		for j := range row {
			row[j] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*(i*width+j):]))
		}
		m.Basis = append(m.Basis, row)
	}
	return m, nil
}
