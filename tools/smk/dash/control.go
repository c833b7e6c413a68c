package dash

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"
)

// controlTimeout is how long a bot may take for a command: longer than the bot waits for its own loop, so that the page
// shows what the bot says of it.
const controlTimeout = 12 * time.Second

// answerMax is how much of a bot's answer is read.
const answerMax = 4 << 10

// Control passes commands to a bot that takes them: see plugin/smkcontrol.
type Control struct {
	Bot   string // address of the bot's control server, such as http://127.0.0.1:9465
	Token string // of both: the page has to know it, and the bot is told it
}

// command is what the page asks for.
type command struct {
	Action string `json:"action"` // halt, flatten or resume
	Reason string `json:"reason"`
}

// serve passes a command on.
func (c *Control) serve(w http.ResponseWriter, r *http.Request) {
	if !authorised(r, c.Token) {
		http.Error(w, "the token is another one", http.StatusUnauthorized)
		return
	}
	var cmd command
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, answerMax)).Decode(&cmd); err != nil {
		http.Error(w, "not a command: "+err.Error(), http.StatusBadRequest)
		return
	}
	switch cmd.Action {
	case "halt", "flatten", "resume":
	default:
		http.Error(w, "the action is none of halt, flatten and resume", http.StatusBadRequest)
		return
	}
	body, _ := json.Marshal(map[string]string{"reason": cmd.Reason})
	request, err := http.NewRequestWithContext(r.Context(), http.MethodPost,
		strings.TrimSuffix(c.Bot, "/")+"/"+cmd.Action, bytes.NewReader(body))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	request.Header.Set("Authorization", "Bearer "+c.Token)
	client := http.Client{Timeout: controlTimeout, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	answer, err := client.Do(request)
	if err != nil {
		http.Error(w, "the bot does not answer", http.StatusBadGateway)
		return
	}
	defer func() { _ = answer.Body.Close() }()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(answer.StatusCode)
	_, _ = io.Copy(w, io.LimitReader(answer.Body, answerMax))
}

// authorised compares a request's token in the same time for all.
func authorised(r *http.Request, token string) bool {
	given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(token))
	return ok && token != "" && subtle.ConstantTimeCompare(a[:], b[:]) == 1
}
