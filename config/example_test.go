package config_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/smk-go/smk/config"
	"github.com/smk-go/smk/engine"
)

// folder makes a folder with files for an example.
func folder(files map[string]string) (dir string, remove func()) {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			log.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			log.Fatal(err)
		}
	}
	return dir, func() { _ = os.RemoveAll(dir) }
}

// An engine from a file that inherits, a password in a file of its own, and the
// environment.
func ExampleLoad() {
	dir, remove := folder(map[string]string{
		"common.conf": "[engine]\naddress = 127.0.0.1:3700\nplain = yes\ndial_timeout = 3s\n",
		"bot.conf":    "[inherit]\nfrom = common.conf\n\n[session]\nusername = bot\npassword_file = password\n",
		"password":    "correct horse\n",
	})
	defer remove()

	settings, err := config.Load("bot.conf", config.Options{
		Directories: []string{dir},
		Environ:     []string{"SMK_DIAL_TIMEOUT=500ms"}, // leave it out for the process's own
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	e, err := engine.New(settings.Engine)
	if err != nil {
		fmt.Println(settings.Explain(err))
		return
	}
	defer e.Close()
	fmt.Print(strings.ReplaceAll(settings.String(), dir+string(filepath.Separator), ""))
	// Output:
	// engine.address = 127.0.0.1:3700 (common.conf:2)
	// engine.plain = yes (common.conf:3)
	// engine.dial_timeout = 500ms (environment SMK_DIAL_TIMEOUT)
	// session.username = set (bot.conf:5)
	// session.password = set (password)
	// session.password_file = password (bot.conf:6)
}

// A mistake is named with its file, line and key.
func ExampleError() {
	dir, remove := folder(map[string]string{"bot.conf": "[session]\nusrename = bot\nlogin_timeout = 10\n"})
	defer remove()
	_, err := config.Load("bot.conf", config.Options{Directories: []string{dir}, Environ: []string{}})
	fmt.Println(strings.ReplaceAll(err.Error(), dir+string(filepath.Separator), ""))
	// Output:
	// config: bot.conf:2: session.usrename: is not known; the nearest is session.username
	// config: bot.conf:3: session.login_timeout: is "10", which is not a time such as 10s, 1.5s or 500ms
}

// The order in which files are read: ancestors first, and of one name the later
// directory first.
func ExampleReader_Files() {
	dir, remove := folder(map[string]string{
		"etc/B.conf":  "[inherit]\nfrom = A.conf\n",
		"home/A.conf": "",
		"home/B.conf": "",
	})
	defer remove()
	paths, err := config.Reader{
		Directories: []string{filepath.Join(dir, "etc"), filepath.Join(dir, "home")},
	}.Files("B.conf")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, path := range paths {
		name, _ := filepath.Rel(dir, path)
		fmt.Println(filepath.ToSlash(name))
	}
	// Output:
	// home/A.conf
	// home/B.conf
	// etc/B.conf
}

// Sections of the bot's own are read along and left alone.
func ExampleValues_Get() {
	dir, remove := folder(map[string]string{
		"bot.conf": "[DEFAULT]\nunit = 100\n[strategy]\nsize = %(unit)s00\nedge = 2%%\n",
	})
	defer remove()
	settings, err := config.Load("bot.conf", config.Options{
		Directories: []string{dir}, Environ: []string{}, Own: []string{"strategy"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, key := range settings.Values().Keys("strategy") {
		text, origin, _, err := settings.Values().Get("strategy", key)
		fmt.Println(key, text, "line", origin.Line, err)
	}
	// Output:
	// size 10000 line 4 <nil>
	// edge 2% line 5 <nil>
}

// Where a value comes from.
func ExampleSettings_Origin() {
	settings, err := config.Load("", config.Options{Environ: []string{"SMK_ADDRESS=127.0.0.1:3700", "SMK_PLAIN=yes"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, name := range []string{"engine.address", "engine.wait"} {
		origin, _ := settings.Origin(name)
		fmt.Println(name, "from", origin)
	}
	// Output:
	// engine.address from environment SMK_ADDRESS
	// engine.wait from default
}

func ExampleInheritError() {
	dir, remove := folder(map[string]string{
		"a.conf": "[inherit]\nfrom = b.conf\n",
		"b.conf": "[inherit]\nfrom = a.conf\n",
	})
	defer remove()
	_, err := config.Reader{Directories: []string{dir}}.Read("a.conf")
	fmt.Println(strings.ReplaceAll(err.Error(), dir+string(filepath.Separator), ""))
	// Output:
	// config: b.conf:2: files inherit in a circle: "a.conf" inherits from "b.conf" inherits from "a.conf"
}
