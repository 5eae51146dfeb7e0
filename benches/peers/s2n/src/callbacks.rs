//! s2n's reading and writing, by its C callbacks.
#![expect(unsafe_code, reason = "s2n has no other way in and out than C callbacks")]

use std::ffi::{c_int, c_void};
use std::io::{Read as _, Write as _};
use std::slice;
use std::task::Poll;

use countersign_benches::contest::Pipe;
use s2n_tls::connection::Connection;
use s2n_tls::error::Error;

/// Makes the connection use these callbacks.
pub(crate) fn attach(connection: &mut Connection) -> Result<(), Error> {
    connection.set_receive_callback(Some(receive))?;
    connection.set_send_callback(Some(send))?;
    Ok(())
}

/// Goes on with the handshake, from and to this pipe. Returns whether it is complete.
pub(crate) fn negotiate(connection: &mut Connection, pipe: &mut Pipe) -> Result<bool, Error> {
    let context: *mut c_void = (&raw mut *pipe).cast();
    // SAFETY: s2n follows the pointer in its callbacks only, and calls these from `poll_negotiate`
    // only, which is over before the borrow of the pipe is; the next call sets it anew.
    unsafe {
        connection.set_receive_context(context)?;
        connection.set_send_context(context)?;
    }
    match connection.poll_negotiate() {
        Poll::Ready(done) => done.map(|_| true),
        Poll::Pending => Ok(false),
    }
}

unsafe extern "C" fn receive(context: *mut c_void, buffer: *mut u8, length: u32) -> c_int {
    // SAFETY: the context is from `negotiate`, which has the only borrow of the pipe and does not
    // use it meanwhile; the buffer is s2n's and as long as it says.
    let (pipe, buffer) = unsafe {
        (&mut *context.cast::<Pipe>(), slice::from_raw_parts_mut(buffer, length as usize))
    };
    pipe.read(buffer).map_or_else(
        |_| {
            // SAFETY: every thread has an errno, and this is where it is.
            unsafe { *libc::__errno_location() = libc::EWOULDBLOCK };
            -1
        },
        |length| length as c_int,
    )
}

unsafe extern "C" fn send(context: *mut c_void, bytes: *const u8, length: u32) -> c_int {
    // SAFETY: as in `receive`.
    let (pipe, bytes) =
        unsafe { (&mut *context.cast::<Pipe>(), slice::from_raw_parts(bytes, length as usize)) };
    pipe.write_all(bytes).map_or(-1, |()| length as c_int)
}
