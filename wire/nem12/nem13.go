package nem12

// readAccumulation takes record 250. NEM12 5.3
func (r *Reader) readAccumulation() (Record, error) {
	r.acc = nil
	a, err := r.accumulationFields()
	if err != nil {
		r.refused = r.line
		return nil, err
	}
	r.acc = a
	return a, nil
}

func (r *Reader) accumulationFields() (*Accumulation, error) {
	if err := r.width(20, 23, "5.3"); err != nil {
		return nil, err
	}
	a := &Accumulation{Line: r.line, Configuration: r.str(2), Register: r.str(3), Stream: r.str(5), Meter: r.str(6)}
	var err error
	if a.NMI, err = r.nmi("5.3"); err != nil {
		return nil, err
	}
	if a.Suffix, err = r.need(4, "5.3", "数据流后缀", "suffix of the data stream"); err != nil {
		return nil, err
	}
	if a.Direction, err = r.letter(7, "IE", "5.3", "方向标志", "direction"); err == nil && a.Direction == 0 {
		err = r.refuse(7, "5.3", "缺少方向标志", "there is no direction")
	}
	if err != nil {
		return nil, err
	}
	if a.Previous, err = r.reading(8); err != nil {
		return nil, err
	}
	if a.Current, err = r.reading(13); err != nil {
		return nil, err
	}
	if a.Quantity, err = r.signed(18, "5.3"); err != nil {
		return nil, err
	}
	if a.Unit, err = r.unit(19, "5.3"); err != nil {
		return nil, err
	}
	if a.NextRead, err = r.date(20, "5.3"); err != nil {
		return nil, err
	}
	if a.Updated, err = r.moment(21, "5.3"); err != nil {
		return nil, err
	}
	a.Loaded, err = r.moment(22, "5.3")
	return a, err
}

// reading takes five fields: register, time, quality, reason and its description.
func (r *Reader) reading(at int) (x Reading, err error) {
	x.Index = r.str(at)
	if x.Index != "" {
		if _, err = r.value(at, "5.3"); err != nil {
			return x, err
		}
	}
	if x.Time, err = r.moment(at+1, "5.3"); err == nil && x.Time.IsZero() {
		err = r.refuse(at+1, "5.3", "缺少抄表时间", "there is no time of reading")
	}
	if err != nil {
		return x, err
	}
	if x.Quality, err = r.quality(at+2, false, "5.3"); err != nil {
		return x, err
	}
	x.Reason, err = r.reason(at+3, at+4, "5.3")
	return x, err
}

// readOrder takes record 550. NEM12 5.4
func (r *Reader) readOrder() (Record, error) {
	if err := r.width(2, 5, "5.4"); err != nil {
		return nil, err
	}
	o := &Order{Line: r.line, Accumulation: r.acc, PreviousOrder: r.str(2), CurrentOrder: r.str(4)}
	var err error
	if o.PreviousTransaction, err = r.letter(1, transactions, "5.4", "业务代码", "transaction code"); err != nil {
		return nil, err
	}
	if o.CurrentTransaction, err = r.letter(3, transactions, "5.4", "业务代码", "transaction code"); err != nil {
		return nil, err
	}
	return o, nil
}
