package engine

// flush writes what is unsent, as far as the socket accepts it.
func (e *Engine) flush() {
	if !e.conn.writable() || e.conn.unbuffered && !e.conn.stalled() && len(e.session.Pending()) == 0 {
		return
	}
	if err := e.push(); err != nil {
		e.writeFailed(err)
	}
}

// push is flush for callers that handle errors. It writes a bounded number of bytes: the
// replay that the exchange asked for may be longer than the ring that it goes through.
func (e *Engine) push() error {
	if e.trading.intentsWait() {
		if err := e.syncIntents(); err != nil {
			return err
		}
	}
	for left := pushBytes; left > 0; {
		unsent := e.session.Pending()
		if len(unsent) == 0 {
			break
		}
		e.measured.writing(e.session, e.now)
		e.stats.UnsentPeak = max(e.stats.UnsentPeak, len(unsent))
		if e.fencing.on && e.fenced() {
			return ErrFenced
		}
		n, err := e.conn.socket.Write(unsent)
		e.stats.BytesOut += uint64(n)
		e.session.Written(n)
		if left -= n; n > 0 || e.conn.socket.Progressed() {
			e.conn.stalledSince = 0
		}
		if err != nil {
			return err
		}
		if n < len(unsent) {
			return e.stall()
		}
	}
	if e.fencing.on && e.conn.socket.Unsent() && e.fenced() {
		return ErrFenced
	}
	if err := e.conn.socket.Flush(); err != nil {
		return err
	}
	if e.conn.socket.Unsent() {
		if e.conn.socket.Progressed() {
			e.conn.stalledSince = 0
		}
		return e.stall()
	}
	e.conn.stalledSince = 0
	return nil
}

// stall notes that the socket accepts no bytes. It reads the clock: a handler may have
// taken time since the loop read it.
func (e *Engine) stall() error { return e.conn.stall(e.clock.Now(), e.config.SendTimeout) }

// writeFailed notes that nothing can be written any more. What the exchange sent before, why it closes
// the connection for example, is read and handled first; pollConn then disconnects.
func (e *Engine) writeFailed(cause error) { e.conn.fail(cause, e.clock.Now()) }
