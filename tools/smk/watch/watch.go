package watch

import (
	"context"
	"errors"
	"io"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/smk-go/smk/tools/smk/screen"
)

// The terminal is drawn so often a second at most, and so often if nothing arrives: the age of what is shown grows.
const (
	framesPerSecond = 10
	ageEvery        = 500 * time.Millisecond
)

// Config says what is shown, and where.
type Config struct {
	Live  *screen.Live
	In    io.Reader
	Out   io.Writer
	Plain bool // no sign beyond ASCII
}

// Run shows a journal until ctx ends or q is pressed. The error is that of the journal's folder or of the terminal.
func Run(ctx context.Context, c Config) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	_ = ansi.StringWidthWc(barSign) // makes a table, which is better made now than when the bot begins to trade
	p := tea.NewProgram(&model{plain: c.Plain, now: time.Now}, tea.WithContext(ctx), tea.WithInput(c.In),
		tea.WithOutput(c.Out), tea.WithFPS(framesPerSecond), tea.WithoutSignalHandler())
	read := make(chan error, 1)
	go func() {
		err := c.Live.Run(ctx, func(f screen.Frame) { p.Send(f) })
		if err != nil {
			p.Quit()
		}
		read <- err
	}()
	_, err := p.Run()
	stopped := ctx.Err() != nil
	cancel()
	if stopped && (errors.Is(err, tea.ErrProgramKilled) || errors.Is(err, context.Canceled)) {
		err = nil
	}
	return errors.Join(err, <-read)
}

// model is what the terminal shows.
type model struct {
	frame         screen.Frame
	width, height int
	contract      int // in frame.Contracts
	help          bool
	plain         bool
	now           func() time.Time

	drawn   string
	drawnAt time.Time
	current bool // drawn is what there is to see
}

type aged struct{}

func age() tea.Cmd { return tea.Tick(ageEvery, func(time.Time) tea.Msg { return aged{} }) }

// Init is called first.
func (m *model) Init() tea.Cmd { return age() }

// Update follows keys, frames and time.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case screen.Frame:
		m.frame, m.current = msg, false
	case tea.WindowSizeMsg:
		m.width, m.height, m.current = msg.Width, msg.Height, false
	case aged:
		m.current = m.current && m.now().Sub(m.drawnAt) < ageEvery/2
		return m, age()
	case tea.KeyPressMsg:
		m.current = false
		return m, m.press(msg.String())
	}
	return m, nil
}

func (m *model) press(key string) tea.Cmd {
	n := 0
	if m.frame.Picture != nil {
		n = len(m.frame.Contracts)
	}
	switch key {
	case "q", "ctrl+c":
		return tea.Quit
	case "?":
		m.help = !m.help
	case "tab", "right", "l":
		m.contract++
	case "shift+tab", "left", "h":
		m.contract += n - 1
	default:
		if len(key) == 1 && key[0] >= '1' && key[0] <= '9' && int(key[0]-'1') < n {
			m.contract = int(key[0] - '1')
		}
	}
	if n > 0 {
		m.contract %= n
	}
	return nil
}

// View draws, if there is something else to see than before.
func (m *model) View() tea.View {
	if !m.current {
		m.drawn, m.drawnAt, m.current = m.draw(), m.now(), true
	}
	v := tea.NewView(m.drawn)
	v.AltScreen = true
	v.WindowTitle = "smk watch"
	return v
}
