module regwire.example/bench/goserver

go 1.24
