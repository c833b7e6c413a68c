package docs_test

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/smk-go/smk/config"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/uuid"
	"github.com/smk-go/smk/wire"
)

func Example_framing() {
	stream := wire.AppendFrame(nil, []byte("first"))
	stream = wire.AppendFrame(stream, []byte("second"))
	stream = append(stream, 200) // the header of a third is not whole yet

	for {
		payload, n, err := wire.Scan(stream, wire.Limits{})
		check(err)
		if n == 0 {
			break // the rest waits for more
		}
		fmt.Printf("%s\n", payload)
		stream = stream[n:]
	}
	fmt.Println(len(stream), "byte remains")
	// Output:
	// first
	// second
	// 1 byte remains
}

func Example_uleb128() {
	b := binary.AppendUvarint(nil, 624485)
	value, n := binary.Uvarint(b)
	_, incomplete := binary.Uvarint(b[:2])
	fmt.Printf("% x %d %d %t\n", b, value, n, incomplete == 0)
	// Output: e5 8e 26 624485 3 true
}

func Example_payload() {
	var order msg.OrderCancel
	order.SetOrderId(7)
	fmt.Println(order.String(), msg.PayloadOrderCancel)

	standard := &seto.OrderCancel{OrderId: new(uint64(7))} // the standard type, for tools
	b, err := standard.MarshalVT()
	check(err)
	fmt.Printf("% x\n", b)
	// Output:
	// order_cancel{order_id=7} PAYLOAD_ORDER_CANCEL
	// 18 07
}

func Example_configuration() {
	dir, err := os.MkdirTemp("", "")
	check(err)
	defer os.RemoveAll(dir)
	check(os.WriteFile(filepath.Join(dir, "common.conf"), []byte("[engine]\nplain = yes\n"), 0o600))
	check(os.WriteFile(filepath.Join(dir, "bot.conf"), []byte(
		"[inherit]\nfrom = common.conf\n[engine]\naddress = 127.0.0.1:3700\n[strategy]\nedge = 2%%\n"), 0o600))

	reader := config.Reader{Directories: []string{dir}} // ConfigurationReader
	files, err := reader.Files("bot.conf")
	check(err)
	fmt.Println(filepath.Base(files[0]), filepath.Base(files[1]))
	values, err := reader.Read("bot.conf")
	check(err)
	edge, origin, _, err := values.Get("strategy", "edge")
	check(err)
	fmt.Println(edge, "from line", origin.Line)

	settings, err := config.Load("bot.conf", config.Options{Directories: []string{dir}, Own: []string{"strategy"}})
	check(err)
	fmt.Println(settings.Engine.Address, settings.Engine.DisableTLS) // ready for engine.New
	// Output:
	// common.conf bot.conf
	// 2% from line 6
	// 127.0.0.1:3700 true
}

func Example_swallow() {
	value, err := strconv.Atoi("abc")
	switch {
	case errors.Is(err, strconv.ErrSyntax):
		value = 2 // the default
	case err != nil:
		fmt.Println(err)
	}
	fmt.Println(value)
	// Output: 2
}

func Example_reraise() {
	_, err := os.Open("/nowhere/at/all")
	err = fmt.Errorf("reading the book: %w", err)
	fmt.Println(errors.Is(err, os.ErrNotExist))
	// Output: true
}

type strategy interface {
	Quote(fair int) (bid, offer int)
}

type base struct{}

func (base) Name() string { return "base" }

type spread struct {
	base  // inherits Name
	width int
}

func (s spread) Quote(fair int) (bid, offer int) { return fair - s.width, fair + s.width }

var _ strategy = spread{} // does not compile without a Quote of just this kind

func Example_overrides() {
	s := spread{width: 50}
	fmt.Println(s.Name())
	fmt.Println(s.Quote(2500))
	// Output:
	// base
	// 2450 2550
}

func Example_lruCache() {
	cache, err := lru.New[string, uuid.UUID](100)
	check(err)
	misses := 0
	parse := func(slug string) (uuid.UUID, error) {
		if id, ok := cache.Get(slug); ok {
			return id, nil
		}
		misses++
		id, err := uuid.ParseSlug(slug)
		if err == nil {
			cache.Add(slug, id)
		}
		return id, err
	}
	for range 3 {
		_, err := parse("e-3wk5c")
		check(err)
	}
	fmt.Println(misses, cache.Len()) // cache_info
	cache.Purge()                    // cache_clear
	fmt.Println(cache.Len())
	// Output:
	// 1 1
	// 0
}

func Example_memoized() {
	load := sync.OnceValue(func() int { // of no argument
		fmt.Println("loading")
		return 7
	})
	fmt.Println(load(), load())

	squares := make(map[int]int) // of one, owned by one goroutine
	square := func(n int) int {
		s, ok := squares[n]
		if !ok {
			s = n * n
			squares[n] = s
		}
		return s
	}
	fmt.Println(square(4), square(4), len(squares))
	// Output:
	// loading
	// 7 7
	// 16 16 1
}

// Ticks is the old name of [Prices].
//
// Deprecated: use Prices. Editors and linters show this.
func Ticks() []int { return Prices() }

// Prices returns some prices.
func Prices() []int { return []int{1, 2} }

func Example_itertools() {
	prices := map[string]int{"home": 5000, "draw": 2500}
	keys := slices.Sorted(maps.Keys(prices))     // listkeys
	values := slices.Sorted(maps.Values(prices)) // listvalues
	fmt.Println(keys, values)

	for name, price := range prices { // listitems, mapvalues
		prices[name] = price / 100
	}
	merged := maps.Clone(prices) // merge_dicts
	maps.Copy(merged, map[string]int{"away": 25})
	fmt.Println(merged)

	for _, key := range []string{"draw", "nobody"} { // copy_keys_if_present
		if price, ok := merged[key]; ok {
			prices[key] = price
		}
	}
	inverse := make(map[int]string) // inverse_mapping
	for name, price := range merged {
		if other, ok := inverse[price]; ok && other != name {
			fmt.Println("not unique:", price)
		}
		inverse[price] = name
	}
	upper := make(map[string]int) // mapkeys
	for name, price := range prices {
		upper[strings.ToUpper(name)] = price
	}
	fmt.Println(upper)

	for chunk := range slices.Chunk([]int{1, 2, 3, 4, 5}, 2) { // group
		fmt.Print(chunk)
	}
	fmt.Println(slices.IsSorted(values)) // is_sorted
	distinct := slices.Compact(slices.Sorted(slices.Values([]int{3, 1, 3})))
	fmt.Println(len(distinct) == 3) // has_unique_elements
	doubled := make([]int, 0, 2)    // listmap
	for _, v := range values {
		doubled = append(doubled, 2*v)
	}
	fmt.Println(doubled)
	// Output:
	// [draw home] [2500 5000]
	// map[away:25 draw:25 home:50]
	// not unique: 25
	// map[DRAW:25 HOME:50]
	// [1 2][3 4][5]true
	// false
	// [5000 10000]
}

// signal calls its handlers in the order in which they were added.
type signal[T any] struct {
	mu       sync.Mutex
	handlers []*func(T)
}

func (s *signal[T]) Add(handler func(T)) (remove func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := &handler
	s.handlers = append(s.handlers, h)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.handlers = slices.DeleteFunc(slices.Clone(s.handlers), func(o *func(T)) bool { return o == h })
	}
}

func (s *signal[T]) Fire(value T) {
	s.mu.Lock()
	handlers := s.handlers
	s.mu.Unlock()
	for _, h := range handlers {
		(*h)(value)
	}
}

func Example_signal() {
	var filled signal[int]
	remove := filled.Add(func(quantity int) { fmt.Println("filled", quantity) })
	filled.Fire(400000)
	remove()
	filled.Fire(1)
	fmt.Println(len(filled.handlers))
	// Output:
	// filled 400000
	// 0
}

func Example_datetime() {
	t, err := mail.ParseDate("Mon, 2 Jan 2017 15:04:05 +0100") // rfc2822_to_datetime
	check(err)
	t = t.UTC()
	fmt.Println(t.Format("2006-01-02T15:04:05.000000Z")) // datetime_to_iso8601
	fmt.Println(t.Format(time.DateOnly), t.Format(time.TimeOnly))

	parsed, err := time.Parse(time.RFC3339, "2017-01-02T15:04:05,25+01:00") // parse_datetime
	check(err)
	fmt.Println(parsed.UTC().Format(time.RFC3339Nano))
	day, err := time.Parse(time.DateOnly, "2017-01-02") // iso8601_to_date
	check(err)
	_, err = time.Parse(time.TimeOnly, "25:00:00") // iso8601_to_time
	fmt.Println(day.Weekday(), err != nil)
	// Output:
	// 2017-01-02T14:04:05.000000Z
	// 2017-01-02 14:04:05
	// 2017-01-02T14:04:05.25Z
	// Monday true
}

// lazy computes its text when somebody logs it.
type lazy func() string

func (l lazy) LogValue() slog.Value { return slog.StringValue(l()) }

func Example_lazy() {
	calls := 0
	text := lazy(func() string { calls++; return "expensive" })
	quiet := slog.New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelInfo}))
	quiet.Debug("received", "message", text)
	fmt.Println(calls)
	quiet.Info("received", "message", text)
	fmt.Println(calls)
	// Output:
	// 0
	// 1
}

func Example_timed() {
	start := time.Now()
	total := 0
	for i := range 1000 {
		total += i
	}
	took := time.Since(start) // in nanoseconds; took.Milliseconds() as the SDK has it
	fmt.Println(total, took >= 0)
	// Output: 499500 true
}

func Example_greenlet() {
	runtime.Gosched()                              // cooperative_yield; seldom needed: the scheduler preempts
	fmt.Println(runtime.NumGoroutine() > 0)        // len(get_all_greenlets())
	goroutines := pprof.Lookup("goroutine")        // get_process_debug_info
	fmt.Println(goroutines.WriteTo(io.Discard, 2)) // every goroutine with its stack
	stack := make([]byte, 1<<10)
	fmt.Println(runtime.Stack(stack, false) > 0) // get_greenlet_stack_trace
	// Output:
	// true
	// <nil>
	// true
}

func Example_namedtuple() {
	type level struct{ Price, Quantity int }
	a := level{Price: 2500, Quantity: 400000}
	b := a // _replace
	b.Price = 2600
	fmt.Printf("%+v %t\n", b, a == b)
	// Output: {Price:2600 Quantity:400000} false
}

func Example_restAPI() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/events/popular" {
			http.NotFound(w, r)
			return
		}
		_, _ = io.WriteString(w, `{"results": ["a match"]}`)
	}))
	defer server.Close()
	get := func(path string, result any) error {
		client := http.Client{Timeout: 10 * time.Second}
		response, err := client.Get(server.URL + path)
		if err != nil {
			return err // DownloadError, InvalidUrlError: a *url.Error
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return errors.New(response.Status) // ResourceNotFound, RestAPIException
		}
		return json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(result)
	}
	var popular struct{ Results []string }
	fmt.Println(get("/events/popular", &popular), popular.Results)
	fmt.Println(get("/events/nowhere", &popular))
	// Output:
	// <nil> [a match]
	// 404 Not Found
}

func Example_statsd() {
	server, err := net.ListenPacket("udp", "127.0.0.1:0") // stands for the daemon
	check(err)
	defer server.Close()

	conn, err := net.Dial("udp", server.LocalAddr().String())
	check(err)
	defer conn.Close()
	_, err = fmt.Fprintf(conn, "%s:%d|c", "bot.fills", 1) // increment
	check(err)

	packet := make([]byte, 512)
	n, _, err := server.ReadFrom(packet)
	check(err)
	fmt.Println(string(packet[:n]))
	// Output: bot.fills:1|c
}
