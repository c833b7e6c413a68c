package sim

import (
	"bufio"
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smk-go/smk/gen/msg"
)

// In a synctest bubble a server runs in virtual time: a minute of silence passes at once, exact to the
// nanosecond.
func TestLocalServerInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ended []error
		config := testConfig()
		config.OnClose = func(_ net.Addr, username string, cause error) { ended = append(ended, cause) }
		s, err := Local(config)
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan error, 1)
		go func() { served <- s.Serve(context.Background()) }()
		dial := func() *tcpClient {
			conn, err := s.Dial(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			return &tcpClient{t: t, conn: conn, r: bufio.NewReader(conn), out: 1}
		}
		start := time.Now()
		l := dial()
		l.login(DemoUsername)
		l.want("S1 LOGIN_RESPONSE reset=2", "S2 HEARTBEAT", "S3 HEARTBEAT", "S4 HEARTBEAT", "S5 HEARTBEAT",
			"S6 HEARTBEAT",
			"S7 LOGOUT HEARTBEAT_TIMEOUT", "the end")
		if d := time.Since(start); d != time.Minute {
			t.Errorf("it took %v", d)
		}
		rude := dial()
		rude.login(DemoUsername)
		rude.want("S1 LOGIN_RESPONSE reset=2")
		if _, err := rude.conn.Write([]byte{0x04, 0xff, 0xff, 0xff, 0xff}); err != nil {
			t.Fatal(err)
		}
		rude.want("the end")
		synctest.Wait()
		var silent *LogoutError
		if len(ended) != 2 || !errors.As(ended[0], &silent) || !errors.Is(ended[1], msg.ErrTruncated) ||
			silent.Error() != "sim: logged out: HEARTBEAT_TIMEOUT, no message for 1m0s" {
			t.Errorf("reported %v", ended)
		}
		if err := errors.Join(s.Close(), <-served); err != nil {
			t.Error(err)
		}
		if _, err := s.Dial(context.Background()); !errors.Is(err, net.ErrClosed) {
			t.Errorf("dialled a closed server: %v", err)
		}
	})
}

// The server waits only a moment for a client that does not close its end after the last message.
func TestServerDoesNotLinger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := Local(testConfig())
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan error, 1)
		go func() { served <- s.Serve(context.Background()) }()
		conn, err := s.Dial(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		l := &tcpClient{t: t, conn: conn, r: bufio.NewReader(conn), out: 1}
		l.login("nobody")
		l.want("S1 LOGOUT UNAUTHORISED", "the end")
		open := func() (n int) {
			s.Do(func(s *Sim) { n = len(s.Faults.Conns()) })
			return n
		}
		if open() != 1 {
			t.Error("closed before the client had a chance to close")
		}
		time.Sleep(lingerTimeout + time.Millisecond)
		synctest.Wait()
		if open() != 0 {
			t.Error("still open")
		}
		if err := errors.Join(s.Close(), <-served); err != nil {
			t.Error(err)
		}
	})
}

// A client over a socket that does not read is disconnected, and the cause is reported.
func TestServerDisconnectsSlowClient(t *testing.T) {
	causes := make(chan error, 1)
	config := testConfig()
	config.Limits.OutBytes, config.Limits.OutFrames = 1<<14, 64
	config.OnClose = func(_ net.Addr, username string, cause error) {
		if username == DemoUsername {
			select {
			case causes <- cause:
			default:
			}
		}
	}
	s := serve(t, config)
	l := dial(t, s, nil)
	l.login(DemoUsername)
	l.want("S1 LOGIN_RESPONSE reset=2")
	go func() {
		ping := func(m *msg.Payload) { m.MutableEtoPayload().SetType(msg.EtoPayloadPing) }
		for l.trySend(ping) {
		}
	}()
	if err := <-causes; !errors.Is(err, ErrSlowConsumer) {
		t.Errorf("ended for %v", err)
	}
}

func TestHistoryFitsWhatCanBeSent(t *testing.T) {
	config := testConfig()
	config.Limits.History = 100_000
	const want = "sim: Limits.History: 100000 reports do not fit OutFrames and OutBytes, 2048 do"
	if _, err := New(config); err == nil || err.Error() != want {
		t.Errorf("a history that cannot be sent: %v", err)
	}
}
