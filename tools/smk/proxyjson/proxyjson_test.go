package proxyjson

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/proxy"
	"github.com/smk-go/smk/sim"
)

const order = `{"type":"create","request":"r","market":100000,"contract":200000,"side":"buy","price":1000,` +
	`"quantity":20000,"reference":"18446744073709551615","label":"l"}`

// Two clients trade over WebSockets and see their own orders and the book.
func TestWebSocket(t *testing.T) {
	h := newHouse(t)
	anna, ben := h.socket("anna-secret"), h.socket("")
	ben.send(`{"type":"login","token":"ben-secret"}`)
	w := anna.until(func(m *Message) bool { return m.Welcome != nil }).Welcome
	if w.Client != "anna" || w.Version != Version || !w.Up || w.Control {
		t.Errorf("%+v", w)
	}
	anna.send(`{"type":"subscribe","market":100000}`)
	b := anna.until(func(m *Message) bool {
		return m.Book != nil && m.Book.Contract == 200000 && len(m.Book.Bids) > 0 && len(m.Book.Offers) > 0
	}).Book
	if b.State != "live" || b.Bids[0].Price >= b.Offers[0].Price {
		t.Errorf("%+v", b)
	}
	anna.send(order)
	r := anna.event("accepted")
	if r.Reference != "18446744073709551615" || r.Order.Label != "l" || r.Order.State != "live" || r.Sequence != "1" {
		t.Errorf("%+v %+v", r, r.Order)
	}
	id := r.Order.ID
	ben.send(`{"type":"cancel","order":"` + id + `"}`)
	if r := ben.event("cancel_rejected"); r.Reason != "not_found" || r.Order != nil {
		t.Errorf("%+v", r)
	}
	anna.send(`{"type":"reduce","order":"` + id + `","quantity":15000}`)
	if r := anna.event("quantity_reduced"); r.Order.Available != 15000 {
		t.Errorf("%+v", r.Order)
	}
	anna.send(`{"type":"replace","order":"` + id + `","price":1100,"quantity":18000,"label":"m"}`)
	r = anna.event("cancel_replace_accepted")
	if r.Order.Original != id || r.Order.Price != 1100 || r.Order.State != "live" || r.Order.Label != "m" {
		t.Errorf("%+v", r.Order)
	}
	anna.send(`{"type":"orders","request":"mine"}`)
	if list := anna.until(func(m *Message) bool { return m.Result != nil && m.Result.Request == "mine" }).Result; len(
		list.Orders) != 1 {
		t.Errorf("%+v", list)
	}
	anna.send(`{"type":"cancel_all"}`)
	if r := anna.event("cancelled"); r.Order.State != "ended" || r.Reason != "member_requested" {
		t.Errorf("%+v %+v", r, r.Order)
	}
	if truth, _ := h.sim.Truth(sim.DemoUsername); truth.Live != 0 {
		t.Errorf("%d live orders", truth.Live)
	}
	// A loss of the exchange is told at once.
	h.sim.Do(dropSessions)
	anna.until(func(m *Message) bool { return m.Status != nil && !m.Status.Up })
	anna.until(func(m *Message) bool { return m.Status != nil && m.Status.Up })
	anna.until(func(m *Message) bool { return m.Book != nil && m.Book.State == "live" })
}

func dropSessions(s *sim.Sim) { s.DropSessions() }

// What is wrong is refused with a code and a text, and the connection of a WebSocket goes on.
func TestRefusals(t *testing.T) {
	h := newHouse(t)
	ws := h.socket("anna-secret")
	for name, k := range map[string]struct {
		token, body string
		code        string
		status      int
		socket      bool // the same over a WebSocket
	}{
		"no token":    {"", order, "unauthorised", 401, false},
		"wrong token": {"guessed", order, "unauthorised", 401, false},
		"oversized": {
			"anna-secret", `{"type":"create","label":"` + strings.Repeat("private", 4000) + `"}`,
			"too_large", 413, false,
		},
		"no JSON":    {"anna-secret", "private", "malformed", 400, true},
		"cut off":    {"anna-secret", `{"type":"create","label":"private`, "malformed", 400, true},
		"two":        {"anna-secret", `{"type":"ping"}{"type":"private"}`, "malformed", 400, true},
		"an array":   {"anna-secret", `["private"]`, "malformed", 400, true},
		"deep":       {"anna-secret", strings.Repeat("[", 9000), "malformed", 400, true},
		"wrong type": {"anna-secret", `{"type":"create","price":"private"}`, "malformed", 400, true},
		"negative":   {"anna-secret", `{"type":"create","price":-1}`, "malformed", 400, true},
		"unknown":    {"anna-secret", `{"type":"create","private":1}`, "malformed", 400, true},
		"null":       {"anna-secret", `null`, "malformed", 400, true},
		"nothing":    {"anna-secret", ``, "malformed", 400, true},
		"behind":     {"anna-secret", `{"type":"ping"} private`, "malformed", 400, true},
		"twice": {
			"anna-secret", `{"type":"create","market":100000,"contract":200000,"side":"buy",` +
				`"price":3000,"quantity":1,"quantity":10000}`,
			"malformed", 400, true,
		},
		"other case": {
			"anna-secret", `{"type":"create","market":100000,"contract":200000,"side":"buy",` +
				`"price":3000,"Quantity":10000}`,
			"malformed", 400, true,
		},
		"escaped": {
			"anna-secret", `{"type":"create","market":100000,"contract":200000,"side":"buy",` +
				`"price":3000,"quantity":1,"\u0071uantity":10000}`,
			"malformed", 400, true,
		},
		"null member": {"anna-secret", `{"type":"cancel_all","market":null}`, "malformed", 400, true},
		"nested":      {"anna-secret", `{"type":"create","label":{"private":1}}`, "malformed", 400, true},
		"deeper": {
			"anna-secret", `{"type":"create","label":` + strings.Repeat(`{"label":`, 1500) + "1" +
				strings.Repeat("}", 1501), "malformed", 400, true,
		},
		"not UTF-8": {
			"anna-secret", strings.Replace(order, `"label":"l"`, "\"label\":\"\xff\xfe\"", 1), "malformed", 400, false,
		},
		"NaN":      {"anna-secret", `{"type":"create","price":NaN}`, "malformed", 400, true},
		"1e400":    {"anna-secret", `{"type":"create","price":1e400}`, "malformed", 400, true},
		"1e3":      {"anna-secret", `{"type":"create","price":1e3}`, "malformed", 400, true},
		"fraction": {"anna-secret", `{"type":"create","quantity":1.5}`, "malformed", 400, true},
		"huge":     {"anna-secret", `{"type":"create","quantity":18446744073709551616}`, "malformed", 400, true},
		"market 0": {"anna-secret", `{"type":"cancel_all","market":0}`, "invalid", 400, true},
		"not its own": {
			"anna-secret", `{"type":"replace","order":"1","price":1,"quantity":1,` +
				`"time_in_force":"immediate_or_cancel"}`,
			"invalid", 400, true,
		},
		"no command":  {"anna-secret", `{"type":"private"}`, "invalid", 400, true},
		"login again": {"anna-secret", `{"type":"login","token":"ben-secret"}`, "invalid", 400, true},
		"no price": {
			"anna-secret", `{"type":"create","market":1,"contract":1,"side":"buy","quantity":1}`,
			"invalid", 400, true,
		},
		"no side": {
			"anna-secret", `{"type":"create","market":1,"contract":1,"side":"private","quantity":1,"price":1}`,
			"invalid", 400, true,
		},
		"no number": {"anna-secret", `{"type":"cancel","order":"private"}`, "invalid", 400, true},
		"too large": {"anna-secret", `{"type":"cancel","order":"18446744073709551616"}`, "invalid", 400, true},
		"long label": {
			"anna-secret", `{"type":"replace","order":"1","price":1,"quantity":1,"label":"` +
				strings.Repeat("x", 65) + `"}`,
			"invalid", 400, true,
		},
		"no control":   {"anna-secret", `{"type":"halt","reason":"private"}`, "forbidden", 403, true},
		"no resume":    {"anna-secret", `{"type":"resume","reason":"private"}`, "forbidden", 403, true},
		"no stream":    {"anna-secret", `{"type":"subscribe","market":100000}`, "invalid", 400, false},
		"other market": {"eve-secret", `{"type":"unsubscribe","market":100000}`, "invalid", 400, false},
	} {
		t.Run(name, func(t *testing.T) {
			status, r := h.post(k.token, k.body)
			if r.OK || r.Error == nil || r.Error.Code != k.code || status != k.status || r.Error.Text == "" {
				t.Errorf("%d %+v %v", status, r, r.Error)
			}
			if strings.Contains(r.Error.Text, "private") {
				t.Errorf("the error repeats what was sent: %v", r.Error)
			}
			if !k.socket {
				return
			}
			ws.send(k.body)
			if r := ws.result(); r.OK || r.Error == nil || r.Error.Code != k.code {
				t.Errorf("over a WebSocket: %+v", r)
			}
		})
	}
	ws.send(`{"type":"ping","request":"still"}`)
	if r := ws.result(); !r.OK || r.Request != "still" {
		t.Errorf("%+v", r)
	}
	if status, r := h.post("eve-secret", order); status != 200 || r.Report == nil || r.Report.Event != "rejected" ||
		r.Report.Reason != "account_suspended" {
		t.Errorf("read only: %d %+v", status, r.Report)
	}
	for path, want := range map[string]int{
		"/v1/commands": 405, "/v1/nothing": 404, "/v1/stream": 401, "/v1/stream?market=x": 400,
		"/v1/stream?after=x": 400,
		"/v1/ws":             426, "/v1/schema": 200, "/v1/health": 200,
	} {
		answer, err := h.http.Client().Get(h.http.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("GET %s: %d, want %d", path, answer.StatusCode, want)
		}
	}
	if !strings.Contains(h.log.text(), "code=forbidden") || !strings.Contains(h.log.text(), "code=unauthorised") {
		t.Errorf("not logged:\n%s", h.log.text())
	}
}

// WebSockets without the right token, too large, or of another site's page.
func TestSocketRefusals(t *testing.T) {
	h := newHouse(t)
	for _, first := range []string{
		`{"type":"login","token":"guessed"}`, `{"type":"login"}`, `{"type":"ping","token":"anna-secret"}`, "private",
	} {
		s := h.socket("")
		s.send(first)
		if r := s.result(); r.OK || r.Error == nil {
			t.Errorf("%s: %+v", first, r)
		}
		if _, _, err := s.conn.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusPolicyViolation {
			t.Errorf("%s: closed with %v", first, err)
		}
	}
	s := h.socket("anna-secret")
	s.send(`{"type":"create","label":"` + strings.Repeat("private", 4000) + `"}`)
	for {
		_, _, err := s.conn.Read(t.Context())
		if err == nil {
			continue
		}
		if websocket.CloseStatus(err) != websocket.StatusMessageTooBig {
			t.Errorf("too large: %v", err)
		}
		break
	}
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
	defer stop()
	_, answer, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(h.http.URL, "http")+"/v1/ws", &websocket.DialOptions{
		HTTPHeader: http.Header{"Authorization": {"Bearer anna-secret"}, "Origin": {"https://evil.test"}},
	})
	if err == nil || answer.StatusCode != http.StatusForbidden {
		t.Errorf("another site's page: %v, %v", answer, err)
	}
	one, two := h.socket("ben-secret"), h.socket("ben-secret")
	one.until(func(m *Message) bool { return m.Welcome != nil })
	two.until(func(m *Message) bool { return m.Welcome != nil })
	if r := h.socket("ben-secret").result(); r.Error == nil || r.Error.Code != "too_many" {
		t.Errorf("%+v", r)
	}
}

// An order that the exchange takes for invalid is told to the streams of the client, whichever connection sent it.
func TestInvalid(t *testing.T) {
	h := newHouse(t)
	anna := h.socket("anna-secret")
	anna.until(func(m *Message) bool { return m.Welcome != nil })
	body := strings.Replace(order, `"price":1000`, `"price":10001`, 1)
	if status, r := h.post("anna-secret", body); status != 200 || !r.OK {
		t.Fatalf("%d %+v", status, r)
	}
	if r := anna.event("invalid"); r.Reason != "invalid_price" || r.Order == nil || r.Order.State != "refused" {
		t.Errorf("%+v %+v", r, r.Order)
	}
}

// While the exchange is away clients log in, see their orders, and halt trading; orders are rejected.
func TestAway(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	h := newHouseAt(t, address)
	anna := h.socket("anna-secret")
	if w := anna.until(func(m *Message) bool { return m.Welcome != nil }).Welcome; w.Up {
		t.Errorf("%+v", w)
	}
	anna.send(order)
	if r := anna.event("rejected"); r.Reason != "service_temporarily_unavailable" {
		t.Errorf("%+v", r)
	}
	if status, r := h.post("ben-secret", `{"type":"halt","reason":"away"}`); status != 200 || !r.OK {
		t.Errorf("halt: %d %+v", status, r.Error)
	}
	if status, r := h.post("ben-secret", `{"type":"orders"}`); status != 200 || !r.OK || len(r.Orders) != 0 {
		t.Errorf("orders: %d %+v", status, r)
	}
}

// A client with the right to halts and resumes trading of the account.
func TestControl(t *testing.T) {
	h := newHouse(t)
	anna := h.socket("anna-secret")
	anna.send(order)
	anna.event("accepted")
	if status, r := h.post("ben-secret", `{"type":"halt","reason":"test"}`); status != 200 || !r.OK {
		t.Fatalf("%d %+v", status, r)
	}
	anna.event("cancelled")
	anna.send(order)
	if r := anna.event("rejected"); r.Reason != "trading_suspended" {
		t.Errorf("%+v", r)
	}
	deadline := time.Now().Add(20 * time.Second)
	for { // until the kill switch has done its work
		status, r := h.post("ben-secret", `{"type":"resume","reason":"test"}`)
		if status == 200 {
			break
		}
		if time.Now().After(deadline) || r.Error.Code != "unavailable" {
			t.Fatalf("%d %+v", status, r.Error)
		}
	}
	anna.send(order)
	anna.event("accepted")
}

// A stream of server-sent events goes on behind the last one that was handled.
func TestStream(t *testing.T) {
	h := newHouse(t)
	read := func(query, last string) []string {
		t.Helper()
		ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
		defer stop()
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, h.http.URL+"/v1/stream"+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer anna-secret")
		if last != "" {
			r.Header.Set("Last-Event-ID", last)
		}
		answer, err := h.http.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if kind := answer.Header.Get("Content-Type"); kind != "text/event-stream" {
			t.Fatal(kind)
		}
		h.post("anna-secret", order) // the last thing that this stream sees
		var ids []string
		lines := bufio.NewScanner(answer.Body)
		for lines.Scan() {
			id, ok := strings.CutPrefix(lines.Text(), "id: ")
			if ok {
				ids = append(ids, id)
			}
			if strings.Contains(lines.Text(), `"event":"accepted"`) && !strings.Contains(lines.Text(), "replayed") {
				return ids
			}
		}
		t.Fatal("the stream ends:", lines.Err())
		return nil
	}
	for i, k := range []struct{ query, last, want string }{
		{"?market=100000", "", "[1]"}, {"", "", "[2]"}, {"", "1", "[2 3]"}, {"?after=0", "", "[1 2 3 4]"},
	} {
		if got := fmt.Sprint(read(k.query, k.last)); got != k.want {
			t.Errorf("stream %d: events %v, want %s", i, got, k.want)
		}
	}
}

// A client that does not read loses its connection, not the proxy its memory; of books it gets the last.
func TestSlow(t *testing.T) {
	f := newFeed(nil)
	for range queueMax {
		f.push(&Message{Type: "status", Status: &Status{}})
	}
	if m, slow := f.take(); m == nil || slow || f.Room(1) {
		t.Errorf("%v %v", m, slow)
	}
	f.push(&Message{})
	f.push(&Message{})
	if _, slow := f.take(); !slow || len(f.queue) > queueMax {
		t.Errorf("slow %v with %d messages", slow, len(f.queue))
	}
	var sink proxy.OrderSink = newFeed(nil)
	sink.Publish(&msg.ThrottleLimitsChanged{})
	if m, _ := sink.(*feed).take(); m != nil {
		t.Errorf("%v", m)
	}
}

// A client that subscribes to one market after the other is remembered the books that there are, and one that does not
// read has no more of them wait than there is room for.
func TestBooksLimit(t *testing.T) {
	for _, reads := range []bool{true, false} {
		f := newFeed(&engine.Engine{}) // which has no book of any of them
		slow := false
		for id := range uint32(3 * booksMax) {
			f.hold(contract{id, 1}, &Book{})
			if reads {
				_, late := f.take()
				slow = slow || late
			}
		}
		if !reads {
			_, slow = f.take()
		}
		if slow == reads || len(f.seen) > booksMax || len(f.books) > booksMax || len(f.changed) > booksMax {
			t.Errorf("reads %v: slow %v; %d books sent, %d wait, %d of them", reads, slow, len(f.seen), len(f.books),
				len(f.changed))
		}
	}
}

// A client with more live orders than messages may wait is told of all of them, and is not cut off for that.
func TestManyOrders(t *testing.T) {
	f := newFeed(nil)
	for range 3 * queueMax {
		f.begin(&Message{Type: "order"})
	}
	for range queueMax {
		f.push(&Message{Type: "order"})
	}
	for n := 0; ; n++ {
		m, slow := f.take()
		if slow {
			t.Fatal("cut off")
		}
		if m == nil {
			if n != 4*queueMax {
				t.Errorf("%d messages", n)
			}
			return
		}
	}
}

// The examples of the documentation run with nothing but their languages' standard libraries.
func TestExamples(t *testing.T) {
	h := newHouse(t)
	for _, k := range []struct{ program, file string }{
		{"python3", "bot.py"}, {"node", "bot.mjs"},
	} {
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		c := exec.CommandContext(ctx, k.program, "../../../examples/proxy/"+k.file, h.http.URL, "anna-secret",
			fmt.Sprint(sim.DemoMarket), fmt.Sprint(sim.DemoHome))
		out, err := c.CombinedOutput()
		if want := "accepted live\ncancelled ended\n"; err != nil || string(out) != want {
			t.Errorf("%s: %v\n%s\nwant\n%s", k.file, err, out, want)
		}
	}
}

// A stream that ends while their order is live is no success of the examples: nobody watches the order any more.
func TestExamplesLoseStream(t *testing.T) {
	ordered := make(chan struct{}, 1)
	mux := http.NewServeMux()
	mux.HandleFunc("/v1/stream", func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, "data: {\"type\":\"book\",\"book\":{\"market\":1,\"contract\":2,\"state\":\"live\","+
			"\"bids\":[{\"price\":3000,\"quantity\":1}]}}\n\n")
		w.(http.Flusher).Flush()
		select {
		case <-ordered:
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("/v1/commands", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"type":"result","result":{"ok":true}}`)
		ordered <- struct{}{}
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	for _, k := range []struct{ program, file string }{
		{"python3", "bot.py"}, {"node", "bot.mjs"},
	} {
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		c := exec.CommandContext(ctx, k.program, "../../../examples/proxy/"+k.file, server.URL, "token", "1", "2")
		out, err := c.CombinedOutput()
		if err == nil || !strings.Contains(string(out), "the stream has ended before the order") {
			t.Errorf("%s: %v\n%s", k.file, err, out)
		}
	}
}
