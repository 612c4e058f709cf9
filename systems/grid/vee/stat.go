package vee

import (
	"encoding/binary"
	"math/bits"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/store"
	"github.com/haihe-city/haihe/systems/grid/vee/rule"
)

// blockKeys is the number of neighbouring keys whose statistics share a row, as their readings share a chunk.
const (
	blockBits = 6
	blockKeys = 1 << blockBits
)

// block is the statistics of 64 neighbouring keys.
type block struct {
	num   int64
	pass  int64  // that wrote it last
	have  uint64 // keys that are known
	stats [blockKeys]rule.Stat
}

// of gives a key's statistics; they are new where none are known.
func (b *block) of(key int64) *rule.Stat {
	i := key & (blockKeys - 1)
	if b.have>>uint(i)&1 == 0 {
		b.have |= 1 << uint(i)
		b.stats[i] = rule.NewStat()
	}
	return &b.stats[i]
}

// pack writes which keys are known, eight bytes, and the statistics of each.
func (b *block) pack() []byte {
	out := make([]byte, 8, 8+bits.OnesCount64(b.have)*rule.StatBytes)
	binary.LittleEndian.PutUint64(out, b.have)
	for i := range b.stats {
		if b.have>>uint(i)&1 == 1 {
			out = b.stats[i].Append(out)
		}
	}
	return out
}

// unpack reads what pack wrote.
func (b *block) unpack(body []byte) (err error) {
	size := rule.StatBytes
	if len(body) >= 8 && len(body) == 8+bits.OnesCount64(binary.LittleEndian.Uint64(body))*rule.ShortStatBytes {
		size = rule.ShortStatBytes
	}
	if len(body) < 8 || len(body) != 8+bits.OnesCount64(binary.LittleEndian.Uint64(body))*size {
		return errs.Say(errs.Unavailable, "电表统计数据第 %d 块已损坏，请从备份恢复，或清空表 grid_vee_stat 后由系统重新积累",
			"block %d of the meters' statistics is damaged: restore it from a backup, or empty the table grid_vee_stat and let it be gathered anew", b.num)
	}
	b.have, body = binary.LittleEndian.Uint64(body), body[8:]
	for i := range b.stats {
		if b.have>>uint(i)&1 == 0 {
			continue
		}
		if b.stats[i], err = rule.ReadStat(body[:size]); err != nil {
			return err
		}
		body = body[size:]
	}
	return nil
}

// blocks are the statistics of a stretch of keys.
type blocks map[int64]*block

// of gives the block of a key.
func (b blocks) of(key int64) *block {
	n := key >> blockBits
	if b[n] == nil {
		b[n] = &block{num: n}
	}
	return b[n]
}

// readBlocks reads the statistics of keys first to last.
func readBlocks(tx *store.Tx, first, last int64) (blocks, error) {
	out := blocks{}
	err := tx.Each(qStats, []any{first >> blockBits, last >> blockBits}, func(scan func(...any) error) error {
		var num, pass int64
		var body []byte
		if err := scan(&num, &pass, &body); err != nil {
			return err
		}
		b := &block{num: num, pass: pass}
		out[num] = b
		return b.unpack(body)
	})
	return out, err
}
