use std::{path::Path, sync::Arc};
use stillmotion_engine::{fit, generator::Generator, image::*, request::*, scene::SceneGenerator};
fn main() {
    let a: Vec<String> = std::env::args().collect();
    // file prompt motion out idx...
    let img = decode::load(Path::new(&a[1]), &decode::Limits::default()).unwrap();
    let (w, h) = (960u32, (960 * img.height() / img.width()) & !1);
    let img = fit::fit(&img, w, h, fit::Fit::Cover).unwrap();
    let format = img.format();
    let mut req = Request::new(Arc::new(img));
    req.prompt = a[2].clone();
    req.controls.motion = a[3].parse().unwrap();
    let c = req.controls;
    let clip = SceneGenerator.open(req).unwrap();
    let ch = if format == PixelFormat::Rgb { 3 } else { 4 };
    for i in &a[5..] {
        let idx: u64 = i.parse().unwrap();
        let mut data = vec![0u8; w as usize * h as usize * ch];
        let mut f = FrameMut::new(
            format,
            w,
            h,
            vec![PlaneMut { data: &mut data, stride: w as usize * ch }],
        )
        .unwrap();
        clip.frame(idx, &c, &mut f).unwrap();
        image::save_buffer(
            format!("{}{:03}.png", a[4], idx),
            &data,
            w,
            h,
            if ch == 3 { image::ColorType::Rgb8 } else { image::ColorType::Rgba8 },
        )
        .unwrap();
    }
}
