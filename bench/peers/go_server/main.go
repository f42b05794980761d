// Peer: an EPP server as a careful Go author would write it with the standard library: crypto/tls, encoding/xml, a goroutine a
// session, a map as the registry, all frames of a read answered in one write.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"runtime"
	"strconv"
)

const frameLimit = 512 * 1024

func main() {
	log.SetFlags(0)
	if len(os.Args) != 5 {
		log.Fatal("usage: goserver CERT KEY CA OBJECTS")
	}
	// The harness pins the process to one core.
	runtime.GOMAXPROCS(1)
	config, err := tlsConfig(os.Args[1], os.Args[2], os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	objects, err := strconv.Atoi(os.Args[4])
	if err != nil {
		log.Fatal(err)
	}
	registry := preloaded(objects)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("{\"port\":%d}\n", listener.Addr().(*net.TCPAddr).Port)
	for {
		connection, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go func() {
			session := &session{registry: registry, connection: tls.Server(connection, config)}
			if err := session.run(); err != nil {
				log.Print("session: ", err)
			}
		}()
	}
}

func tlsConfig(certificate, key, authority string) (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		return nil, err
	}
	pem, err := os.ReadFile(authority)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, errors.New("no certificate in " + authority)
	}
	return &tls.Config{
		Certificates: []tls.Certificate{pair},
		ClientCAs:    roots,
		ClientAuth:   tls.VerifyClientCertIfGiven,
		MinVersion:   tls.VersionTLS12,
	}, nil
}

type session struct {
	registry   *registry
	connection *tls.Conn
	user       string
	input      []byte
	output     []byte
}

func (s *session) run() error {
	defer s.connection.Close()
	s.output = appendGreeting(s.output)
	if _, err := s.connection.Write(s.output); err != nil {
		return err
	}
	buffer := make([]byte, 32*1024)
	for {
		n, err := s.connection.Read(buffer)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		s.input = append(s.input, buffer[:n]...)
		s.output = s.output[:0]
		more, err := s.answer()
		if err != nil {
			return err
		}
		if len(s.output) > 0 {
			if _, err := s.connection.Write(s.output); err != nil {
				return err
			}
		}
		if !more {
			return nil
		}
	}
}

// answer handles every complete frame of the input; false after a logout.
func (s *session) answer() (bool, error) {
	start := 0
	for len(s.input)-start >= 4 {
		length := int(binary.BigEndian.Uint32(s.input[start:]))
		if length < 4 || length > frameLimit {
			return false, errors.New("frame length")
		}
		if len(s.input)-start < length {
			break
		}
		if !s.frame(s.input[start+4 : start+length]) {
			return false, nil
		}
		start += length
	}
	s.input = append(s.input[:0], s.input[start:]...)
	return true, nil
}
