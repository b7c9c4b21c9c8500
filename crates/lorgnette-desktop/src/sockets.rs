//! What the program has open to the network, as the system tells: the proof that nothing leaves.

/// Sockets of this program and of those that it started, such as the webview's processes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sockets(pub Vec<Socket>);

/// A socket of the network; those within the machine's own files (`AF_UNIX`) lead nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "ipc", derive(serde::Serialize, specta::Type))]
pub struct Socket {
    /// The protocol: `TCP` or `UDP`.
    pub protocol: &'static str,
    /// Address and port here.
    pub local: String,
    /// Address and port there.
    pub remote: String,
    /// As the system calls it.
    pub state: String,
}

/// Those that are open now. `None` where the system does not tell without more rights than a
/// program should have.
#[cfg(not(target_os = "linux"))]
pub fn open_now() -> Option<Sockets> {
    None
}

/// Those that are open now.
#[cfg(target_os = "linux")]
pub fn open_now() -> Option<Sockets> {
    linux::open_now()
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::{HashMap, HashSet};
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    use super::{Socket, Sockets};

    pub(super) fn open_now() -> Option<Sockets> {
        let mine: HashSet<u64> = family().into_iter().flat_map(inodes).collect();
        let mut sockets = Vec::new();
        for (table, protocol) in [("tcp", "TCP"), ("tcp6", "TCP"), ("udp", "UDP"), ("udp6", "UDP")]
        {
            // A machine without IPv6 has no tables of it.
            let Ok(text) = fs_err::read_to_string(format!("/proc/self/net/{table}")) else {
                if table == "tcp" {
                    return None;
                }
                continue;
            };
            sockets.extend(text.lines().skip(1).filter_map(|line| {
                let (socket, inode) = parse(line, protocol)?;
                mine.contains(&inode).then_some(socket)
            }));
        }
        Some(Sockets(sockets))
    }

    /// This process and all that descend from it.
    fn family() -> Vec<u32> {
        let mut children = HashMap::<u32, Vec<u32>>::new();
        for process in processes() {
            if let Some(parent) = parent(process) {
                children.entry(parent).or_default().push(process);
            }
        }
        let mut family = vec![std::process::id()];
        let mut next = 0;
        while let Some(process) = family.get(next) {
            family.extend(children.remove(process).unwrap_or_default());
            next += 1;
        }
        family
    }

    fn processes() -> Vec<u32> {
        let entries = fs_err::read_dir("/proc").into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
    }

    fn parent(process: u32) -> Option<u32> {
        let status = fs_err::read_to_string(format!("/proc/{process}/status")).ok()?;
        status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().parse().ok()
    }

    fn inodes(process: u32) -> Vec<u64> {
        let open = fs_err::read_dir(format!("/proc/{process}/fd")).into_iter().flatten().flatten();
        let inode = |entry: fs_err::DirEntry| {
            let target = fs_err::read_link(entry.path()).ok()?;
            target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
        };
        open.filter_map(inode).collect()
    }

    /// A line of `/proc/net/tcp` and its like. Source: Linux, `Documentation/networking/proc_net_tcp.rst`.
    fn parse(line: &str, protocol: &'static str) -> Option<(Socket, u64)> {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let state = match *fields.get(3)? {
            "01" => "established",
            "02" | "03" => "connecting",
            "0A" => "listening",
            "07" if protocol == "UDP" => "open",
            _ => "closing",
        };
        let socket = Socket {
            protocol,
            local: address(fields.get(1)?)?,
            remote: address(fields.get(2)?)?,
            state: state.into(),
        };
        Some((socket, fields.get(9)?.parse().ok()?))
    }

    /// `0100007F:1F90`: words in the machine's own order of bytes, the port in the network's.
    fn address(text: &str) -> Option<String> {
        let (address, port) = text.split_once(':')?;
        let words = (0..address.len() / 8)
            .map(|i| u32::from_str_radix(address.get(i * 8..i * 8 + 8)?, 16).ok());
        let bytes: Vec<u8> =
            words.collect::<Option<Vec<u32>>>()?.into_iter().flat_map(u32::to_ne_bytes).collect();
        let ip = match bytes.len() {
            4 => IpAddr::from(Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?)),
            16 => IpAddr::from(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?)),
            _ => return None,
        };
        Some(std::net::SocketAddr::new(ip, u16::from_str_radix(port, 16).ok()?).to_string())
    }

    #[cfg(test)]
    mod tests {
        use std::net::TcpListener;

        use super::*;

        #[test]
        fn a_socket_is_seen_while_it_is_open() {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap().to_string();
            let is_open = |sockets: Sockets| sockets.0.iter().any(|socket| socket.local == address);
            assert!(is_open(open_now().unwrap()));
            drop(listener);
            assert!(!is_open(open_now().unwrap()));
        }
    }
}
