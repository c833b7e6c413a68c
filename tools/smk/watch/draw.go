package watch

import (
	"fmt"
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	"github.com/smk-go/smk/tools/smk/screen"
)

// Widths, in columns.
const (
	widthUsual  = 80
	heightUsual = 24
	widthLeast  = 60
	ladderWidth = 48
	barWidth    = 8
	rowsLeast   = 5

	barSign = "█"

	oldAfter = 15 * time.Second // heartbeats come more often
)

func (m *model) draw() string {
	if m.width == 0 {
		m.width, m.height = widthUsual, heightUsual
	}
	if m.help {
		return help
	}
	p := m.frame.Picture
	if p == nil {
		return "smk watch: reading the journal (q quits)"
	}
	top := m.strip(p)
	var left, right string
	if len(p.Contracts) == 0 {
		left = "no contract yet: a ladder appears\nwith the first subscription of the bot"
	} else {
		left = m.ladder(&p.Contracts[min(m.contract, len(p.Contracts)-1)])
	}
	right = m.profit(p) + "\n" + m.money(p) + "\n" + m.stages(p)
	body := left + "\n\n" + right
	if m.width >= ladderWidth+30 {
		body = beside(left, right)
	}
	head := top + "\n" + m.tabs(p) + "\n" + body
	rows := m.height - strings.Count(head, "\n") - 3
	return m.fit(head+"\n"+m.log(p, rows)) + "\n" + dim.Render("tab next contract  1-9 contract  ? help  q quit")
}

// help is what ? shows.
const help = `smk watch

  tab, right   next contract
  left         contract before
  1 to 9       a contract
  ?            this help
  q            quit

  * marks prices with own orders: what is open of them,
  and the most that is queued ahead of the first.
  Prices are in percent of the payoff, quantities are payoff.`

// fit cuts what does not fit into the window, and leaves room for the last line.
func (m *model) fit(s string) string {
	lines := strings.Split(s, "\n")
	if len(lines) > m.height-1 {
		lines = lines[:max(m.height-1, 1)]
	}
	for i, l := range lines {
		if len(l) > m.width && lipgloss.Width(l) > m.width {
			lines[i] = lipgloss.NewStyle().MaxWidth(m.width).Render(l)
		}
	}
	return strings.Join(lines, "\n")
}

// strip draws the state.
func (m *model) strip(p *screen.Picture) string {
	s := &p.Strip
	good := good
	if s.Ended != "" || m.now().Sub(time.Unix(0, p.At)) > oldAfter {
		good = dim // so it was
	}
	session := good.Render(s.Session)
	switch {
	case s.Ended != "":
		session = dim.Render(s.Ended)
	case !s.Connected:
		session = bad.Render(strings.ToUpper(s.Session))
	case s.Gap:
		session = warn.Render("gap")
	}
	mode := good.Render(s.Mode)
	if s.Mode == "halted" {
		mode = shout.Render(" HALTED ")
	} else if s.Mode != "active" {
		mode = warn.Render(s.Mode)
	}
	caught := good.Render("caught up")
	switch {
	case !s.CaughtUp:
		caught = warn.Render("not caught up")
	case s.Lacks != "":
		caught = warn.Render("incomplete")
	}
	throttle := "?"
	if s.Tokens >= 0 {
		throttle = fmt.Sprintf("%d/%d", s.Tokens, s.Burst)
	}
	first := fmt.Sprintf("%s  %s  %s  %s  %s", bold.Render("smk"), session, mode, caught, m.fresh(p))
	second := fmt.Sprintf("epoch %d  orders %d  in doubt %s  gaps %s  throttle %s  fills %d  refused %d",
		s.Epoch, s.Orders, alarm(int64(s.InDoubt)), alarm(int64(s.Gaps)+s.Lost), throttle, s.Fills, s.Refused)
	return first + "\n" + second + "\n" + m.banner(p)
}

// alarm draws a number that should be 0.
func alarm(n int64) string {
	if n == 0 {
		return "0"
	}
	return warn.Render(fmt.Sprint(n))
}

// fresh says how old the newest record is.
func (m *model) fresh(p *screen.Picture) string {
	since := m.now().Sub(time.Unix(0, p.At))
	switch {
	case p.At == 0:
		return dim.Render("no data yet")
	case m.frame.Behind:
		return warn.Render("reading " + clock(p.At))
	case p.Strip.Ended != "":
		return dim.Render(since.Round(time.Second).String() + " ago")
	case since > time.Second:
		return warn.Render("STALE: " + since.Round(100*time.Millisecond).String())
	}
	return good.Render(fmt.Sprintf("lag %d ms", max(since.Milliseconds(), 0)))
}

// banner says what is wrong, if something is.
func (m *model) banner(p *screen.Picture) string {
	switch s := &p.Strip; {
	case m.frame.Error != "":
		return bad.Render("the journal cannot be read any further: " + m.frame.Error)
	case s.Run > 0 && s.Ended == "" && !s.Connected && s.Session == "disconnected":
		return bad.Render("NO CONNECTION to the exchange: books are those of " + clock(s.Since))
	case s.Mode != "active" && s.Cause != "":
		return warn.Render("mode is " + s.Mode + ": " + s.Cause)
	case s.Lacks != "":
		return dim.Render(s.Lacks)
	}
	return dim.Render(p.Name)
}

func (m *model) tabs(p *screen.Picture) string {
	names := make([]string, 0, len(p.Contracts))
	for i := range p.Contracts {
		c := &p.Contracts[i]
		name := " " + c.Name + " "
		if i == m.contract {
			name = shout.Render("[" + c.Name + "]")
		}
		names = append(names, name)
	}
	return strings.Join(names, " ")
}

// ladder draws a contract, the best offer above the best bid.
func (m *model) ladder(c *screen.Contract) string {
	var b strings.Builder
	state := c.Exchange
	style := good
	switch {
	case c.Exchange == "halted":
		state, style = " HALTED ", shout
	case c.Book != "live":
		state, style = strings.ToUpper(c.Book)+" "+c.Why, bad
	}
	last := "-"
	if c.Last != nil {
		last = screen.PriceText(c.Last.Price)
	}
	fmt.Fprintf(&b, "%s  last %s  traded %s\n", style.Render(state), last, screen.QuantityText(c.Traded))
	most, rows := int64(1), rowsLeast
	for _, side := range [][]screen.Level{c.Bids, c.Offers} {
		rows = max(rows, len(side))
		for _, l := range side {
			most = max(most, l.Quantity)
		}
	}
	for i := rows - 1; i >= 0; i-- {
		b.WriteString(m.level(c.Offers, i, most, false) + "\n")
	}
	b.WriteString(dim.Render(strings.Repeat("-", ladderWidth-3)) + "\n")
	for i := range rows {
		b.WriteString(m.level(c.Bids, i, most, true) + "\n")
	}
	closed := closedText(c.Closed, c.Closable, c.About)
	fmt.Fprintf(&b, "position %s  prov. %s  closed %s", screen.SignedQuantityText(c.Net+c.Provisional),
		screen.SignedQuantityText(c.Provisional), closed)
	return b.String()
}

// level draws a price of a side: quantity, bar, price, own orders.
func (m *model) level(side []screen.Level, i int, most int64, bid bool) string {
	if i >= len(side) {
		return ""
	}
	l := &side[i]
	sign := barSign
	if m.plain {
		sign = "#"
	}
	bar := strings.Repeat(sign, int(max(1, l.Quantity*barWidth/most)))
	price := fmt.Sprintf("%7s", screen.PriceText(l.Price))
	own := ""
	if l.Own > 0 {
		ahead := "?"
		if l.Ahead >= 0 {
			ahead = screen.QuantityText(l.Ahead)
		}
		own = warn.Render(fmt.Sprintf("* %s ahead %s", screen.QuantityText(l.Own), ahead))
	}
	if bid {
		bar = blue.Render(fmt.Sprintf("%*s", barWidth, bar))
		return fmt.Sprintf("%s%10s %s %s", bar, screen.QuantityText(l.Quantity), blue.Render(price), own)
	}
	return fmt.Sprintf("%*s%10s %s %s", barWidth, bar, screen.QuantityText(l.Quantity), price, own)
}

// closedText returns what closing brings, as far as it is known.
func closedText(n int64, exact, about bool) string {
	switch {
	case exact:
		return profit(n)
	case about:
		return "~" + profit(n)
	}
	return "-"
}

func profit(n int64) string { return profitIn(n, 0) }

// profitIn aligns a profit to the right.
func profitIn(n int64, width int) string {
	s := fmt.Sprintf("%*s", width, screen.SignedMoneyText(n))
	switch {
	case n > 0:
		return good.Render(s)
	case n < 0:
		return bad.Render(s)
	}
	return s
}

func (m *model) profit(p *screen.Picture) string {
	var b strings.Builder
	b.WriteString(dim.Render(fmt.Sprintf("%-10s%10s%10s", "if it wins", "final", "net")) + "\n")
	for i := range p.Markets {
		for _, o := range p.Markets[i].Outcomes {
			fmt.Fprintf(&b, "%-10.10s%s%s\n", o.Name, profitIn(o.Final, 10), profitIn(o.Net, 10))
		}
	}
	return b.String()
}

func (m *model) money(p *screen.Picture) string {
	closed, drift := closedText(p.Money.Closed, p.Money.Closable, p.Money.About), "none"
	if p.Money.Drifting {
		drift = bad.Render(screen.SignedMoneyText(p.Money.Drift))
	}
	return fmt.Sprintf("closed %s  realised %s\nworst %s  drift %s\n", closed, profit(p.Money.Realised),
		screen.MoneyText(p.Money.Worst), drift)
}

func (m *model) stages(p *screen.Picture) string {
	var b strings.Builder
	b.WriteString(dim.Render(fmt.Sprintf("%-11s%9s%9s", "us", "p50", "p99")))
	for _, s := range p.Stages {
		fmt.Fprintf(&b, "\n%-11s%9.1f%9.1f", s.Name, float64(s.P50)/1e3, float64(s.P99)/1e3)
	}
	return b.String()
}

// log draws the newest events, the newest first.
func (m *model) log(p *screen.Picture, rows int) string {
	var b strings.Builder
	for i := len(p.Log) - 1; i >= 0 && rows > 0; i-- {
		l := &p.Log[i]
		text := fmt.Sprintf("%s %-7s %s", clock(l.At), l.Kind, l.Text)
		switch l.Level {
		case "bad":
			text = bad.Render("! " + text)
		case "warn":
			text = warn.Render("  " + text)
		default:
			text = "  " + text
		}
		b.WriteString("\n" + text)
		rows--
	}
	return b.String()
}

func clock(ns int64) string { return time.Unix(0, ns).UTC().Format("15:04:05.000") }
