// The camera: opened, closed, and why it cannot be.
const WANTED = { video: { facingMode: { ideal: 'environment' }, width: { ideal: 640 }, height: { ideal: 480 } } };
const NO_CAMERA = {
  NotAllowedError: 'This browser does not let the page use the camera. Allow it beside the address, or drop a picture.',
  NotFoundError: 'There is no camera here. Connect one, or drop a picture.',
  NotReadableError: 'Another program uses the camera. Close it there, or drop a picture.',
};
const UNSAFE = 'Browsers give cameras to pages of https or of this machine only. Drop a picture, or open the studio there.';
const LOST = 'The camera is gone. Connect it again, or drop a picture.';

class Camera {
  constructor(video, whenLost) {
    Object.assign(this, { video, whenLost, stream: null, opened: 0 });
  }

  get isOpen() {
    return this.stream !== null;
  }

  // Why it could not be opened; empty when it is.
  async open() {
    if (!navigator.mediaDevices?.getUserMedia) return UNSAFE;
    const turn = ++this.opened;
    try {
      const stream = await navigator.mediaDevices.getUserMedia(WANTED);
      if (turn !== this.opened) return stream.getTracks().forEach(track => track.stop()) ?? '';
      this.take(stream);
      await this.video.play();
    } catch (error) {
      this.close();
      return NO_CAMERA[error.name] ?? 'The camera cannot be used. Try another one, or drop a picture.';
    }
    return '';
  }

  take(stream) {
    const [track] = stream.getVideoTracks();
    this.stream = this.video.srcObject = stream;
    this.burst = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
    this.mirrored = track.getSettings().facingMode !== 'environment';   // as one knows oneself
    track.onended = () => {
      this.close();
      this.whenLost(LOST);
    };
  }

  close() {
    this.opened++;
    this.stream?.getTracks().forEach(track => track.stop());
    this.stream = this.video.srcObject = null;
  }

  // A picture of what it shows now.
  frame() {
    const { videoWidth: width, videoHeight: height } = this.video;
    const canvas = new OffscreenCanvas(width, height);
    canvas.getContext('2d').drawImage(this.video, 0, 0);
    return canvas;
  }
}
