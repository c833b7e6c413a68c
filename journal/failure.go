package journal

// inTurn returns a function that calls f, one call at a time: the writer and a goroutine that the loop began report
// failures. nil stays nil.
func inTurn(f func(error)) func(error) {
	if f == nil {
		return nil
	}
	turn := make(chan struct{}, 1)
	return func(err error) {
		turn <- struct{}{}
		defer func() { <-turn }()
		f(err)
	}
}

// fail takes note of a failing disk and returns false. What is in the ring from now on is lost, until a later try
// works.
func (w *writer) fail(err *DiskError) bool {
	err.Then = w.c.OnFailure
	w.failing = err
	w.count.failed.Store(err)
	w.retryAt = w.c.Clock() + int64(retryEvery)
	w.ring.absent.Store(true)
	w.ring.admit()
	if !w.outage && w.c.Failed != nil {
		w.c.Failed(err)
	}
	w.outage = true
	return false
}

// retry goes on with a new segment if the disk works again.
func (w *writer) retry() {
	w.failing = nil
	if w.rotate() {
		w.outage = false
		w.count.failed.Store(nil)
		w.ring.absent.Store(false)
	}
}
