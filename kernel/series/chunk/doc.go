// Package chunk is the layout of telemetry in bytes (时序数据编码): columns of samples to bodies and back, nothing else. It
// does no I/O and knows no clock.
//
// There are two bodies. A batch ([Encoder.Batch], [Run.AddBatch]) holds samples as they arrived; encoding it costs little,
// since it happens on the write lane. A block ([Writer], [Block]) holds one local day of 64 neighbouring keys; it is smaller, one
// key is decoded without its neighbours, and one column without the others. Both bear a format version and a CRC32C; whoever
// decodes refuses everything that this package did not write, with a [FormatError], and never allocates more than a fixed
// multiple of what it was given.
//
// In memory samples stand in a [Run]: columns sorted by key and time. [Merger] reads several runs as one, the later ones
// winning; [Sorter] makes runs of batches; [Folder] sums one column by periods.
package chunk
