package screens

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browser is a Chromium with the dashboard.
type browser struct {
	t    *testing.T
	ctx  context.Context
	dash *exec.Cmd
	url  string

	mu       sync.Mutex // guards what the page did
	problems []string
	requests []string
}

// open starts the dashboard of a day, and a browser on it.
func (d *day) open() *browser {
	d.t.Helper()
	b := &browser{t: d.t, dash: start(d.t, append([]string{"dash", "--json"}, d.screenFlags()...)...)}
	out, err := b.dash.StdoutPipe()
	if err == nil {
		err = b.dash.Start()
	}
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { b.kill() })
	line, err := bufio.NewReader(out).ReadBytes('\n')
	var hello struct{ URL string }
	if err == nil {
		err = json.Unmarshal(line, &hello)
	}
	if err != nil {
		d.t.Fatal(err)
	}
	b.url = hello.URL
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox)
	for _, name := range []string{
		"disable-background-networking", "disable-quic", "disable-component-update", "disable-sync",
	} {
		options = append(options, chromedp.Flag(name, true))
	}
	options = append(options, chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"))
	for _, name := range []string{"chromium-headless-shell", "chromium", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			options = append(options, chromedp.ExecPath(path))
			break
		}
	}
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	d.t.Cleanup(cancel)
	if b.ctx, cancel = chromedp.NewContext(ctx); true {
		d.t.Cleanup(cancel)
	}
	b.must(chromedp.Do(b.ctx, chromedp.EmulateViewport(1280, 800)))
	b.must(chromedp.Listen(b.ctx, b.saw))
	b.scheme("dark")
	b.must(chromedp.Do(b.ctx, chromedp.Navigate(b.url)))
	return b
}

func (b *browser) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// kill ends the dashboard.
func (b *browser) kill() {
	if b.dash.ProcessState == nil {
		_ = b.dash.Process.Kill()
		_ = b.dash.Wait()
	}
}

// saw notes what the page asks for, and what goes wrong.
func (b *browser) saw(ev any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch ev := ev.(type) {
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, ev.Request.URL)
	case *runtime.EventExceptionThrown:
		b.problems = append(b.problems, "exception: "+ev.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		b.problems = append(b.problems, "console: "+string(ev.Type))
	case *log.EventEntryAdded:
		b.problems = append(b.problems, "log: "+ev.Entry.Text)
	}
}

// clean reports errors of the console, and requests to other hosts.
func (b *browser) clean() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.problems {
		b.t.Error(p)
	}
	if len(b.requests) < 5 {
		b.t.Errorf("only %d requests were seen", len(b.requests))
	}
	for _, r := range b.requests {
		if !strings.HasPrefix(r, b.url) && !strings.HasPrefix(r, "data:") {
			b.t.Errorf("a request to %s", r)
		}
	}
	b.t.Logf("%d requests, all to the dashboard; nothing on the console", len(b.requests))
}

func (b *browser) scheme(name string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
	})
	b.must(err)
}

// eval evaluates an expression in the page.
func eval[T any](b *browser, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	b.must(err)
	return v
}

// press presses a key.
func (b *browser) press(key string) {
	b.t.Helper()
	b.must(chromedp.Do(b.ctx, chromedp.KeyEvent(key)))
}

// shot saves a picture of the window.
func (b *browser) shot(name string) []byte {
	b.t.Helper()
	shot, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	b.must(err)
	full, err := png.Decode(bytes.NewReader(shot))
	b.must(err)
	picture := fewColours(full)
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	b.must(encoder.Encode(&out, picture))
	save(b.t, name, out.Bytes())
	return out.Bytes()
}

// fewColours returns a picture with the 256 colours that it has most of: a third of the bytes for a page to read.
func fewColours(p image.Image) *image.Paletted {
	count := map[color.RGBA]int{}
	at := func(x, y int) color.RGBA { return color.RGBAModel.Convert(p.At(x, y)).(color.RGBA) }
	bounds := p.Bounds()
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			count[at(x, y)]++
		}
	}
	all := slices.SortedFunc(maps.Keys(count), func(a, b color.RGBA) int { return cmp.Compare(count[b], count[a]) })
	few := make(color.Palette, 0, 256)
	for _, c := range all[:min(len(all), cap(few))] {
		few = append(few, c)
	}
	nearest := map[color.RGBA]uint8{}
	out := image.NewPaletted(bounds, few)
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			c := at(x, y)
			i, known := nearest[c]
			if !known {
				i = uint8(few.Index(c))
				nearest[c] = i
			}
			out.SetColorIndex(x, y, i)
		}
	}
	return out
}

// ladder is what the page shows of ladders, as day.ladder has it.
func (b *browser) ladder() []string {
	b.t.Helper()
	return eval[[]string](b, `[...document.querySelectorAll('.ladder')].flatMap((card) => {
		const rows = [...card.querySelectorAll('tbody tr')].filter((r) => r.children[2].textContent);
		const line = (side, cell) => (r) => [card.querySelector('h2').textContent, side, r.children[2].textContent,
			r.children[cell].textContent, r.children[0].textContent.split(' ')[0] || '-'].join(' ');
		return [...rows.filter((r) => r.classList.contains('bid')).map(line('bid', 1)),
			...rows.filter((r) => r.classList.contains('offer')).reverse().map(line('offer', 3))];
	})`)
}

// picture is all that the page shows of a picture, as text.
func (b *browser) picture() string {
	b.t.Helper()
	const parts = "#cells, #session, #mode, #ladders, #outcomes, #money, #stages, #lines"
	return eval[string](b, "[...document.querySelectorAll('"+parts+"')].map((e) => e.innerText).join('\\n')")
}

func (b *browser) text(selector string) string {
	b.t.Helper()
	return eval[string](b, `(document.querySelector(`+"`"+selector+"`"+`) || {innerText: ''}).innerText`)
}
