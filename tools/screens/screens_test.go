package screens

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/smk-go/smk/sim"
)

// TestScreens has a bot trade, and looks at it in a browser and in a terminal: three moments, a goal, the past, and
// what is said when a connection breaks.
func TestScreens(t *testing.T) {
	d := newDay(t)
	b := d.open()
	term := d.watch()
	d.explain = append(d.explain,
		func() string { return "the browser:\n" + strings.Join(b.ladder(), "\n") },
		func() string { return "the exchange:\n" + strings.Join(d.ladder(), "\n") },
		func() string { return b.text("#banner") }, term.screen)
	for moment := range 3 {
		d.trade()
		truth := d.hold()
		d.until("the browser shows the exchange's ladders", func() bool { return slices.Equal(b.ladder(), truth) })
		home := of(truth, "Home")
		d.until("the terminal shows the exchange's ladder", func() bool {
			return slices.Equal(term.ladder("Home"), home)
		})
		t.Logf("moment %d: %d levels of 3 ladders in the browser, %d in the terminal, as the exchange has them",
			moment+1, len(truth), len(home))
	}
	d.trade()
	d.pictures(b)
	term.use()
	d.goal(b, term)
	d.past(b)
	b.clean()
	d.connectionOfTheBot(b, term)
	connectionOfThePage(d, b)
	term.quit()
}

// of returns the lines of a contract.
func of(lines []string, contract string) (list []string) {
	for _, l := range lines {
		if strings.HasPrefix(l, contract+" ") {
			list = append(list, l)
		}
	}
	return list
}

// pictures saves what people see: dark, light, and on a phone, where nothing is wider than the window.
func (d *day) pictures(b *browser) {
	d.t.Helper()
	d.until("the charts have some seconds", func() bool {
		return eval[int](b, `state.picture.seconds.length`) >= 12
	})
	if picture := b.shot("dash.png"); len(picture) > 200<<10 {
		d.t.Errorf("a picture of %d bytes: too large for a page to read", len(picture))
	}
	b.scheme("light")
	b.must(chromedp.Do(b.ctx, chromedp.Sleep(400*time.Millisecond))) // for the charts to have the other colours
	b.shot("dash-light.png")
	b.must(chromedp.Do(b.ctx, chromedp.EmulateViewport(390, 844)))
	d.until("nothing is wider than a phone", func() bool {
		return eval[bool](b, `document.documentElement.scrollWidth <= innerWidth`)
	})
	b.shot("dash-phone.png")
	b.scheme("dark")
	b.must(chromedp.Do(b.ctx, chromedp.EmulateViewport(1280, 800)))
	d.until("nothing is outside of 1280 by 800", func() bool {
		return eval[bool](b, `document.documentElement.scrollWidth <= innerWidth &&
			document.documentElement.scrollHeight <= innerHeight`)
	})
	b.press("?")
	d.until("the keys are explained", func() bool { return eval[bool](b, `document.getElementById('help').open`) })
	b.shot("dash-keys.png")
	b.press("?")
	d.until("the help is gone", func() bool { return !eval[bool](b, `document.getElementById('help').open`) })
}

// goal has a goal fall, which halts the market, and sees that in both.
func (d *day) goal(b *browser, term *terminal) {
	d.t.Helper()
	d.exchange(func(s *sim.Sim) {
		if err := s.Exchange.Goal(sim.DemoMarket, "goal for Home"); err != nil {
			d.t.Error(err)
		}
	})
	d.until("the browser shows the halt", func() bool {
		return eval[int](b, `document.querySelectorAll('.ladder.halted').length`) == 3 &&
			strings.Contains(b.text("#lines"), "goal for Home")
	})
	d.until("the terminal shows the halt", func() bool {
		screen := term.screen()
		return strings.Contains(screen, " HALTED ") && strings.Contains(screen, "goal for Home")
	})
	b.shot("dash-halt.png")
	save(d.t, "watch-halt.txt", []byte(term.screen()))
	d.exchange(func(s *sim.Sim) {
		if err := s.Exchange.SetState(sim.DemoMarket, 3, "play goes on"); err != nil {
			d.t.Error(err)
		}
	})
	d.trade()
	d.until("the browser shows that play goes on", func() bool {
		return eval[int](b, `document.querySelectorAll('.ladder.halted').length`) == 0
	})
}

// past goes to the halt by a key, away by the slider, back by other ways, and sees the same each time.
func (d *day) past(b *browser) {
	d.t.Helper()
	record := func() string { return eval[string](b, `String(document.body.dataset.record)`) }
	settled := func() bool { return !eval[bool](b, `state.seeking || state.wanted !== null`) }
	b.press("H")
	d.until("the page shows the halt of the past", func() bool {
		return settled() && eval[bool](b, `state.travel !== null &&
			document.querySelectorAll('.ladder.halted').length === 3`)
	})
	at, picture := record(), b.picture()
	if !strings.Contains(b.text("#banner"), "The past") || !strings.Contains(picture, "goal for Home") {
		d.t.Errorf("the past is not said: %q", b.text("#banner"))
	}
	b.shot("dash-past.png")
	for _, way := range []struct{ away, back string }{
		{`goTo(bounds().first + 500)`, `jump('halt', false)`},
		{`goTo(bounds().last)`, `jump('halt', true)`},
		{`live()`, fmt.Sprintf(`goToRecord(%s)`, at)},
	} {
		eval[any](b, way.away+`; null`)
		d.until("the page is somewhere else", func() bool { return settled() && record() != at })
		eval[any](b, way.back+`; null`)
		d.until("the page is back", func() bool { return settled() && record() == at })
		if again := b.picture(); again != picture {
			d.t.Errorf("another picture by %s:\n%s\nwas\n%s", way.back, again, picture)
		}
	}
	d.t.Logf("record %s: the same picture, %d bytes of text, after three ways to it", at, len(picture))
	b.press("f")
	d.until("the page shows the next fill", func() bool { return settled() && record() != at })
	b.press(" ")
	was := record()
	d.until("the past is played", func() bool { return record() != was })
	b.press("l")
	d.until("the page is back in the present", func() bool {
		return eval[bool](b, `state.travel === null && !document.body.classList.contains('past')`)
	})
}

// connectionOfTheBot breaks the bot's connection, and sees that said in both.
func (d *day) connectionOfTheBot(b *browser, term *terminal) {
	d.t.Helper()
	d.cut()
	d.until("the browser says that the bot has no connection", func() bool {
		return strings.Contains(b.text("#banner"), "no connection to the exchange") &&
			eval[bool](b, `document.body.classList.contains('stale')`)
	})
	d.until("the terminal says it", func() bool { return strings.Contains(term.screen(), "NO CONNECTION") })
	b.shot("dash-disconnected.png")
	save(d.t, "watch-disconnected.txt", []byte(term.screen()))
}

// connectionOfThePage stops the dashboard without closing the page's connection, and then ends it: the page says
// either. That it does so within a second is the condition, by the page's own clock: nothing heard for longer than
// that.
func connectionOfThePage(d *day, b *browser) {
	d.t.Helper()
	const said = `byID('banner').innerText.includes('No connection to smk dash')`
	if !eval[bool](b, `!`+said+` && silentAfter < 1000`) {
		d.t.Error("the page says that it has no connection, or takes more than a second to")
	}
	if !eval[bool](b, `(() => { const was = state.heard; state.heard = performance.now() - 1001; freshness();
		const is = `+said+`; state.heard = was; freshness(); return is; })()`) {
		d.t.Error("nothing heard for 1001 ms, and the page does not say it")
	}
	eval[any](b, `window.silent = 0; new MutationObserver(() => {
		if (!window.silent && `+said+`) window.silent = performance.now() - state.heard;
	}).observe(byID('banner'), {childList: true, characterData: true, subtree: true, attributes: true}); null`)
	if err := b.dash.Process.Signal(syscall.SIGSTOP); err != nil {
		d.t.Fatal(err)
	}
	d.until("the page says that nothing comes", func() bool { return eval[bool](b, said) })
	d.t.Logf("a dashboard that hangs is said after %.0f ms of silence", eval[float64](b, `window.silent`))
	b.shot("dash-stale.png")
	if err := b.dash.Process.Signal(syscall.SIGCONT); err != nil {
		d.t.Fatal(err)
	}
	d.until("the page is fresh again", func() bool { return !eval[bool](b, said) })
	eval[any](b, `window.silent = 0; null`)
	b.kill()
	d.until("the page says that the dashboard is gone", func() bool { return eval[bool](b, said) })
	d.t.Logf("a dashboard that ended is said after %.0f ms of silence", eval[float64](b, `window.silent`))
}
