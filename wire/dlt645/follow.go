package dlt645

// Gather puts the data of an answer and its following frames together. DL/T 645-2007 7.2: following frames are numbered from
// 1; each is asked for by [ReadNext]. The zero value is ready.
type Gather struct {
	di   DI
	data []byte
	seq  uint8
	open bool
}

// MaxGather bounds what a meter may send in following frames: 255 of them.
const MaxGather = 256 * MaxData

// Start takes the first answer. done says that there is nothing more to ask for; data is valid until the next Start.
func (g *Gather) Start(a Answer) (data []byte, done bool) {
	g.di, g.seq, g.open = a.DI, 1, a.More
	g.data = append(g.data[:0], a.Data...)
	return g.data, !a.More
}

// Next is what to ask for; ok is false where nothing is open.
func (g *Gather) Next() (m ReadNext, ok bool) {
	return ReadNext{DI: g.di, Seq: g.seq}, g.open
}

// Add takes the answer to Next. An answer of another identifier or number is refused and ends the gathering.
func (g *Gather) Add(a AnswerNext) (data []byte, done bool, err error) {
	switch {
	case !g.open:
		return nil, false, refuse(0, "7.2", "没有待读的后续帧", "no following frame was asked for")
	case a.DI != g.di:
		g.open = false
		return nil, false, refuse(0, "7.2", "后续帧的数据标识不符", "the following frame is of another identifier")
	case a.Seq != g.seq:
		g.open = false
		return nil, false, refuse(4+len(a.Data), "7.2", "后续帧的帧序号不符", "the following frame has another number")
	case a.More && a.Seq == 255:
		g.open = false
		return nil, false, refuse(4+len(a.Data), "7.2", "后续帧过多", "there are too many following frames")
	}
	g.data = append(g.data, a.Data...)
	g.seq++
	g.open = a.More
	return g.data, !a.More, nil
}

// SplitAnswer cuts data into an answer and its following frames: what a meter sends for ReadNext 1, 2, ...
func SplitAnswer(d DI, data []byte) (first Answer, following []AnswerNext) {
	const most = MaxData - 4
	n := min(most, len(data))
	first = Answer{DI: d, Data: data[:n:n], More: n < len(data)}
	for data = data[n:]; len(data) > 0; data = data[n:] {
		n = min(most-1, len(data))
		following = append(following, AnswerNext{DI: d, Data: data[:n:n], Seq: uint8(len(following) + 1), More: n < len(data)})
	}
	return first, following
}
