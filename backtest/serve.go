package backtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"time"

	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/exchange"
)

// Times of a [Server], of the system's clock.
const (
	firstClient  = 30 * time.Second       // until a client has to have connected
	firstQuiet   = 300 * time.Millisecond // without a byte from it until the recording begins
	firstMost    = 5 * time.Second        // until it begins at the latest
	clientBack   = 10 * time.Second       // for one to come back, after the last has left
	echoPatience = 50 * time.Millisecond  // for the answer to a heartbeat
	mutePatience = time.Millisecond       // of a client that does not answer any
	lastPatience = 10 * time.Second       // for the clients to leave after the recording
	clientWrite  = 10 * time.Second       // for a client to take what is sent
	inputQueue   = 64                     // pieces of input that wait
	inputBytes   = 16 << 10               // of a piece
	standstill   = time.Second            // that is no delay of a busy machine any more
	stallsMost   = 20                     // after which a client does not answer heartbeats, it seems
)

// Errors of a server.
var (
	ErrNoClient = errors.New("backtest: no client has connected")
	ErrTooSlow  = errors.New("backtest: a client does not take what is sent")

	// ErrServerClosed is the error of Serve after Close, and of another call of Serve.
	ErrServerClosed = errors.New("backtest: the server is closed")
)

// ServerConfig says how a recording is served.
type ServerConfig struct {
	Config
	Queue exchange.Queue

	// Address to listen on; "" means a free port of the loopback interface.
	Address string

	// Username, Password and Token of the account; if Username is "", those of the simulator's demonstration.
	Username, Password, Token string

	// Speed is how many seconds of the recording pass in one second. 0 means as fast as the client goes: Step of the
	// recording at a time, after which the exchange sends a heartbeat and waits for the client's.
	Speed float64
	Step  time.Duration // 0 means a millisecond
}

// Server plays a recording to clients over TCP.
type Server struct {
	config   ServerConfig
	listener net.Listener
	world    *world
	feed     *feed
	collect  *collector
	input    chan clientInput
	clients  []*client
	stalls   uint64
	cuts     int           // connections that the exchange ended
	cause    error         // of the last of them
	stood    time.Duration // in which this process did not run
	started  time.Time     // when the recording began
	alone    time.Time     // when the last client left; the zero time while there is one
	fresh    bool          // a client has connected since awaitQuiet
	received bool          // a client has sent something
	serving  serving
}

// Listen opens a recording to be served. The caller must call Close.
func Listen(c ServerConfig) (*Server, error) {
	var err error
	if c.Config, err = c.Config.resolve(); err != nil {
		return nil, err
	}
	if c.Address == "" {
		c.Address = "127.0.0.1:0"
	}
	if c.Username == "" {
		c.Username, c.Password, c.Token = sim.DemoUsername, sim.DemoPassword, sim.DemoToken
	}
	if c.Step == 0 {
		c.Step = time.Millisecond
	}
	if !(c.Speed >= 0 && c.Speed <= 1e6) || c.Step < 0 || c.Step > time.Minute {
		return nil, &ConfigError{"Speed", "must be 0 to 1000000, and Step at most a minute"}
	}
	s := &Server{config: c, input: make(chan clientInput, inputQueue)}
	if err := s.open(); err != nil {
		return nil, err
	}
	if s.listener, err = net.Listen("tcp", c.Address); err != nil {
		return nil, errors.Join(err, s.release())
	}
	return s, nil
}

// open makes the exchange and what plays into it.
func (s *Server) open() error {
	c := &s.config
	s.collect = newCollector(c.Recording.Begin, c.Recording.End, c.Balance)
	settings, err := c.simConfig(c.Queue, s.collect.filled)
	if err != nil {
		return err
	}
	a := &settings.Accounts[0]
	a.Username, a.Password, a.Token = c.Username, c.Password, c.Token
	x, err := sim.New(settings)
	if err != nil {
		return err
	}
	s.collect.x, s.collect.account = x.Exchange, c.Username
	x.Exchange.Login(c.Username, s.collect)
	src, err := newSource(c.Recording)
	if err != nil {
		return errors.Join(err, x.Close())
	}
	s.feed = c.newFeed(src, x, s.collect)
	s.world = &world{
		sim: x, latency: c.Latency, random: rand.New(rand.NewPCG(c.Seed, 0x1a7e)), now: c.Recording.Begin, ended: true,
	}
	return nil
}

// Addr returns the address that the server listens on.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Stalls returns how often a client did not answer a heartbeat in time, after Serve.
func (s *Server) Stalls() uint64 { return s.stalls }

// Result returns the result of the run that Serve returned.
func (s *Server) Result(m *Model) *Result {
	r := s.config.newResult()
	r.Models = append(r.Models, *m)
	if s.config.Speed != 1 {
		r.Warnings = append(r.Warnings, "the recording was played at another speed than its own: what the bot does by "+
			"its own clock, such as timers and limits of rates, is not as it would have been")
	}
	if s.cuts > 0 {
		r.Warnings = append(r.Warnings, fmt.Sprintf(
			"the exchange has cut the bot off %d times, at last because of this: %v", s.cuts, s.cause))
	}
	if s.stood > 0 {
		r.Warnings = append(r.Warnings, fmt.Sprintf(
			"this process, or the machine, stood still for %v: the recording waited, but not the clock of the bot",
			s.stood.Round(time.Millisecond)))
	}
	if s.stalls > 0 {
		r.Warnings = append(r.Warnings, fmt.Sprintf("the bot did not answer %d heartbeats in time", s.stalls))
	}
	r.complete()
	return r
}

// serve is Serve without its beginning and its end.
func (s *Server) serve(ctx context.Context, ended func()) (*Model, error) {
	go s.accept()
	defer s.closeClients()
	if err := s.awaitFirst(ctx); err != nil {
		return nil, err
	}
	s.begin()
	if err := s.play(ctx); err != nil {
		return nil, err
	}
	if ended != nil {
		ended()
	}
	if err := s.awaitLast(ctx); err != nil {
		return nil, err
	}
	return s.config.finish(s.config.Queue, s.collect, s.feed, "the recording ended"), nil
}

// begin begins the recording. The tick makes what is due next that of the recording: a client that is silent lets
// nothing else happen before the next heartbeat.
func (s *Server) begin() {
	s.world.sim.SetOnTick(s.feed.tick)
	s.world.touched = true // the first event may be due before the next tick
	s.world.tick()
	s.started = time.Now()
}

// wait waits until something arrives or a time has passed, and handles what arrived. It reports whether anything did.
func (s *Server) wait(ctx context.Context, d time.Duration) (arrived bool, err error) {
	timer := time.NewTimer(max(d, 0))
	defer timer.Stop()
	select {
	case in := <-s.input:
		return true, s.take(in)
	case <-timer.C:
		return false, nil
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
}

// awaitFirst waits until a client has connected and has sent what it sends at the beginning.
func (s *Server) awaitFirst(ctx context.Context) error {
	for begun := time.Now(); !s.received; { // one that only looks whether the port is open is none
		arrived, err := s.wait(ctx, firstClient-time.Since(begun))
		switch {
		case err != nil:
			return err
		case !arrived && s.fresh:
			return fmt.Errorf("%w that sends anything within %v", ErrNoClient, firstClient)
		case !arrived:
			return fmt.Errorf("%w within %v", ErrNoClient, firstClient)
		}
		if err := s.flush(); err != nil {
			return err
		}
	}
	return s.awaitQuiet(ctx)
}

// awaitQuiet waits until a client that has connected has sent what it sends at the beginning.
func (s *Server) awaitQuiet(ctx context.Context) error {
	begun := time.Now()
	for quiet := false; !quiet && time.Since(begun) < firstMost; {
		s.world.tick()
		if err := s.flush(); err != nil {
			return err
		}
		arrived, err := s.wait(ctx, firstQuiet)
		if err != nil {
			return err
		}
		quiet = !arrived && len(s.clients) > 0
	}
	s.fresh = false
	return nil
}

// awaitLast lets the clients leave, at the recorded pace.
func (s *Server) awaitLast(ctx context.Context) error {
	begun, at := time.Now(), s.world.now
	for len(s.clients) > 0 && time.Since(begun) < lastPatience {
		s.world.now = max(s.world.now, at+int64(time.Since(begun)))
		s.world.tick()
		if err := s.flush(); err != nil {
			return err
		}
		if _, err := s.wait(ctx, 10*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// play plays the recording.
func (s *Server) play(ctx context.Context) error {
	w, end := s.world, s.config.Recording.End+1
	parts := int64(1)
	for w.now < end {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		var err error
		if s.config.Speed > 0 {
			err = s.pace(ctx, end)
		} else {
			err = s.step(ctx, end)
		}
		switch {
		case err != nil:
			return err
		case s.feed.source.err != nil:
			return s.feed.source.err
		case len(s.clients) > 0:
			s.alone = time.Time{}
		case s.alone.IsZero():
			s.alone = time.Now()
		case time.Since(s.alone) > clientBack:
			return fmt.Errorf("%w again within %v: the last one has left before the recording ended", ErrNoClient,
				clientBack)
		}
		begin := s.config.Recording.Begin
		for ; s.config.Progress != nil && parts <= progressEvery; parts++ {
			if w.now-begin < (end-begin)/progressEvery*parts {
				break
			}
			s.config.Progress(int(s.config.Queue), float64(parts)/progressEvery)
		}
	}
	return nil
}

// waited notes that a wait of at most d took longer. A recording does not go on while this process is stopped.
func (s *Server) waited(d, took time.Duration) {
	if late := took - d; late > standstill {
		s.stood += late
		s.started = s.started.Add(late)
	}
}

// pace lets what is due at the speed of the recording happen.
func (s *Server) pace(ctx context.Context, end int64) error {
	w := s.world
	virtual := func() int64 {
		return s.config.Recording.Begin + int64(float64(time.Since(s.started))*s.config.Speed)
	}
	if ahead := min(w.due(), end) - virtual(); ahead > 0 {
		d := time.Duration(float64(ahead) / s.config.Speed)
		begun := time.Now()
		if _, err := s.wait(ctx, d); err != nil {
			return err
		}
		s.waited(d, time.Since(begun))
	}
	// After a while in which nothing was sent, such as one in which this process was stopped, a client is sent what has
	// gathered piece by piece: the exchange keeps only so much of what is not sent.
	for at := min(virtual(), end); ; {
		w.now = max(w.now, min(at, max(w.now, min(w.due(), at))+int64(s.config.Step)))
		w.tick()
		if err := s.flush(); err != nil || w.now >= at {
			return err
		}
	}
}

// step lets the next moments of the recording happen, and waits until the clients have kept up.
func (s *Server) step(ctx context.Context, end int64) error {
	w := s.world
	switch { // the recording waits for a client that comes back
	case s.fresh:
		return s.awaitQuiet(ctx)
	case !s.alone.IsZero():
		_, err := s.wait(ctx, clientBack)
		return err
	}
	if w.touched {
		w.tick()
	}
	w.now = max(w.now, min(w.due(), end))
	w.tick()
	for until := w.now + int64(s.config.Step); w.simDue < until; {
		w.now = max(w.now, w.simDue)
		w.tick()
	}
	if err := s.flush(); err != nil {
		return err
	}
	return s.keepUp(ctx)
}

// keepUp waits until each client has answered the heartbeats that it was sent, and so has taken what was sent before
// and has sent what it wants to. One that does not answer them is given a moment instead.
func (s *Server) keepUp(ctx context.Context) error {
	for _, c := range s.clients { // heartbeats of its own answer none of those that are sent now
		c.got.n = min(c.got.n, c.sent.n)
	}
	s.world.sim.Heartbeat()
	if err := s.flush(); err != nil {
		return err
	}
	for begun := time.Now(); ; {
		patience := echoPatience
		late := (*client)(nil)
		for _, c := range s.clients {
			if !c.closed && c.got.n < c.sent.n {
				late = c
			}
		}
		if late == nil {
			return nil
		}
		if late.stalls >= stallsMost {
			patience = mutePatience
		}
		left := patience - time.Since(begun)
		if left <= 0 {
			s.stalls++
			late.stalls++
			late.got.n = late.sent.n
			return nil
		}
		if _, err := s.wait(ctx, left); err != nil {
			return err
		}
		s.world.tick()
		if err := s.flush(); err != nil {
			return err
		}
	}
}
