package series

import (
	"embed"

	"github.com/haihe-city/haihe/store"
)

//go:embed table/*.sql
var tables embed.FS

// sequence numbers the batches of all families, in the order of their commits, and the flushes among them.
const sequence = "series_batch"

var (
	qFamilies  = store.Q("series.family.list", `SELECT num, body FROM series_family ORDER BY num`)
	qFamilyAdd = store.Q("series.family.add", `INSERT INTO series_family (num, name, body) VALUES ($1, $2, $3)`)
	qFamilySet = store.Q("series.family.set", `UPDATE series_family SET body = $2 WHERE num = $1`)
	qFamilyTop = store.Q("series.family.top", `SELECT COALESCE(MAX(num), 0) FROM series_family`)

	qBlobAdd   = store.Q("series.blob.add", `INSERT INTO series_blob (family, seq, samples, body) VALUES ($1, $2, $3, $4)`)
	qBlobs     = store.Q("series.blob.list", `SELECT seq, samples, body FROM series_blob WHERE family = $1 AND seq > $2 ORDER BY seq LIMIT 256`)
	qBlobDrop  = store.Q("series.blob.drop", `DELETE FROM series_blob WHERE family = $1 AND seq = $2`)
	qBlobCount = store.Q("series.blob.count", `SELECT COUNT(*) FROM series_blob WHERE family = $1 AND seq <= $2`)
	qBlobSum   = store.Q("series.blob.sum", `SELECT COUNT(*), CAST(COALESCE(SUM(samples), 0) AS BIGINT), CAST(COALESCE(SUM(length(body)), 0) AS BIGINT)
		FROM series_blob WHERE family = $1`)

	qChunkPut = store.Q("series.chunk.put", `INSERT INTO series_chunk (family, day, block, seq, series, samples, body)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`)
	qChunkDay = store.Q("series.chunk.day", `SELECT block, seq, body FROM series_chunk
		WHERE family = $1 AND day = $2 AND block >= $3 AND block <= $4 ORDER BY block, seq`)
	qChunkBlock = store.Q("series.chunk.block", `SELECT day, seq, body FROM series_chunk
		WHERE family = $1 AND block = $2 AND day >= $3 AND day <= $4 ORDER BY day, seq`)
	qChunkDays = store.Q("series.chunk.days", `SELECT DISTINCT day FROM series_chunk
		WHERE family = $1 AND block = $2 ORDER BY day DESC`)
	qChunkBlocks = store.Q("series.chunk.blocks", `SELECT DISTINCT block FROM series_chunk
		WHERE family = $1 AND day >= $2 AND day <= $3 ORDER BY block`)
	qChunkParts = store.Q("series.chunk.parts", `SELECT block FROM series_chunk
		WHERE family = $1 AND day = $2 AND block >= $3 GROUP BY block HAVING COUNT(*) > 1 ORDER BY block LIMIT $4`)
	qChunkDrop = store.Q("series.chunk.drop", `DELETE FROM series_chunk WHERE family = $1 AND day = $2 AND block = $3 AND seq <= $4`)
	qChunkNext = store.Q("series.chunk.next", `SELECT DISTINCT block FROM series_chunk
		WHERE family = $1 AND day = $2 AND block >= $3 ORDER BY block LIMIT $4`)
	qChunkSum = store.Q("series.chunk.sum", `SELECT COUNT(*), CAST(COALESCE(SUM(series), 0) AS BIGINT), CAST(COALESCE(SUM(samples), 0) AS BIGINT),
		CAST(COALESCE(SUM(length(body)), 0) AS BIGINT) FROM series_chunk WHERE family = $1 AND day >= $2 AND day <= $3`)

	qDays = store.Q("series.day.list", `SELECT day, flushed, parts, compacted_at, rollup FROM series_day
		WHERE family = $1 AND day >= $2 AND day <= $3 ORDER BY day`)
	qDayFlushed = store.Q("series.day.flushed", `INSERT INTO series_day (family, day, flushed, parts, compacted_at, rollup)
		VALUES ($1, $2, $3, TRUE, 0, 0)
		ON CONFLICT (family, day) DO UPDATE SET flushed = excluded.flushed, parts = TRUE`)
	qDayCompacted = store.Q("series.day.compacted", `UPDATE series_day SET parts = FALSE, compacted_at = $3 WHERE family = $1 AND day = $2`)
	qDayRolled    = store.Q("series.day.rolled", `UPDATE series_day SET rollup = $3 WHERE family = $1 AND day = $2`)
)
