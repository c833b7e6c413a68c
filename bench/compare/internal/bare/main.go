// Command bare opens a TLS connection and nothing else. A bot's program is compared with it in size: the rest is
// Go's.
package main

import (
	"crypto/tls"
	"fmt"
	"os"
)

func main() {
	conn, err := tls.Dial("tcp", os.Args[1], nil)
	fmt.Println(conn, err)
}
