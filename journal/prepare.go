package journal

// preparer makes the next segment while the current one is filled, for claiming disk takes long, and removes old ones.
// It is a goroutine; what follows run belongs to the writer.
type preparer struct {
	keep    *retention
	size    int64
	orders  chan order
	done    chan prepared
	pending bool     // an order has no answer yet
	ready   *segment // the answer, kept until it is used
}

// order asks for a segment, or, without make, for a look at what is to be removed.
type order struct {
	number uint64
	wall   int64
	make   bool
}

type prepared struct {
	segment *segment
	err     *DiskError
}

func newPreparer(keep *retention, size int64) *preparer {
	// Room for an order of each kind: the writer does not wait to give one.
	p := &preparer{keep: keep, size: size, orders: make(chan order, 2), done: make(chan prepared, 1)}
	go p.run()
	return p
}

func (p *preparer) run() {
	for o := range p.orders {
		if o.make {
			s, err := createSegment(p.keep.fs, p.keep.dir, o.number, p.size, o.wall)
			p.done <- prepared{s, err}
		}
		p.keep.apply(o.number-1, o.wall)
	}
	close(p.done)
}

// order asks for a segment unless there is one, or it is being made.
func (p *preparer) order(number uint64, wall int64) {
	if !p.pending && p.ready == nil {
		p.pending = true
		p.orders <- order{number, wall, true}
	}
}

// tidy asks for old segments before a number to be removed, unless the goroutine is busy.
func (p *preparer) tidy(number uint64, wall int64) {
	if len(p.orders) == 0 {
		p.orders <- order{number + 1, wall, false}
	}
}

// take waits for the segment. It is returned again until used is called.
func (p *preparer) take(number uint64, wall int64) (*segment, *DiskError) {
	for early := p.pending; ; early = false {
		p.order(number, wall)
		if !p.pending {
			return p.ready, nil
		}
		d := <-p.done
		p.pending, p.ready = false, d.segment
		if d.err != nil && !early { // what failed a while ago may work now
			return nil, d.err
		}
	}
}

func (p *preparer) used() { p.ready = nil }

// close ends the goroutine and removes a segment that was not used.
func (p *preparer) close() {
	close(p.orders)
	for d := range p.done {
		p.ready = d.segment
	}
	if s := p.ready; s != nil {
		_ = s.file.Close()
		_ = p.keep.fs.Remove(s.path)
		p.ready = nil
	}
}
