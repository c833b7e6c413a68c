package engine

import "github.com/smk-go/smk/engine/internal/transport"

// tapeConn is a connection whose results are noted.
type tapeConn struct {
	transport.Conn
	tape *tape
}

func (c *tapeConn) Read(b []byte) (n int, err error) {
	n, err = c.Conn.Read(b)
	t := c.tape
	if n == 0 && err == nil {
		t.misses++
		return 0, nil
	}
	t.noteUnusual(tapeRead)
	t.number(uint64(n))
	t.result(err)
	return n, err
}

func (c *tapeConn) Write(b []byte) (n int, err error) {
	n, err = c.Conn.Write(b)
	t := c.tape
	t.note(tapeWrite)
	t.number(uint64(len(b)))
	t.number(uint64(n))
	t.result(err)
	return n, err
}

func (c *tapeConn) WaitWritable(until int64) error {
	return c.tape.failure(tapeWaitFailed, c.Conn.WaitWritable(until))
}

func (c *tapeConn) Flush() error     { return c.tape.failure(tapeFlushFailed, c.Conn.Flush()) }
func (c *tapeConn) Unsent() bool     { return c.tape.flag(tapeUnsent, c.Conn.Unsent()) }
func (c *tapeConn) Progressed() bool { return c.tape.flag(tapeProgressed, c.Conn.Progressed()) }
func (c *tapeConn) Buffered() bool   { return c.tape.flag(tapeBuffered, c.Conn.Buffered()) }

// playerConn is the connection of a replay.
type playerConn struct {
	tape  *tape
	spins bool
}

func (c *playerConn) Arm(int64, bool) {}
func (c *playerConn) Wake()           {}
func (c *playerConn) Close() error    { return nil }
func (c *playerConn) Abort() error    { return nil }
func (c *playerConn) CanSpin() bool   { return c.spins }

func (c *playerConn) Read(b []byte) (int, error)  { return c.tape.player.readConn(c.tape, b) }
func (c *playerConn) Write(b []byte) (int, error) { return c.tape.player.writeConn(c.tape, b) }

func (c *playerConn) WaitWritable(int64) error { return c.tape.failure(tapeWaitFailed, nil) }
func (c *playerConn) Flush() error             { return c.tape.failure(tapeFlushFailed, nil) }
func (c *playerConn) Unsent() bool             { return c.tape.flag(tapeUnsent, false) }
func (c *playerConn) Progressed() bool         { return c.tape.flag(tapeProgressed, false) }
func (c *playerConn) Buffered() bool           { return c.tape.flag(tapeBuffered, false) }
